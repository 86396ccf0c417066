import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentKeys, type Role } from '../../app/src/runtime/env';
import { environmentNames } from '../../config/environments';
import { runningContainers, startedContainers } from '../docker-objects';
import { podsOf } from '../kubernetes-objects';
import { environmentSystem } from '../synthesized';

type Keys = Readonly<Record<Role, { readonly required: readonly string[]; readonly optional: readonly string[] }>>;

/** What runs in each component's container: its own role and those that ask for its health. */
const rolesOf: Readonly<Record<string, readonly Role[]>> = {
  api: ['api', 'healthcheck'],
  worker: ['worker', 'healthcheck'],
  scheduler: ['scheduler', 'healthcheck'],
  maintenance: ['maintain'],
};

/** What is set and nobody reads, and what is needed and nobody sets; one line each. */
function breaches(component: string, set: readonly string[], keys: Keys = environmentKeys): string[] {
  const roles = rolesOf[component] ?? [];
  const names = set.map((key) => key.replace(/_FILE$/, ''));
  const known = new Set(roles.flatMap((role) => [...keys[role].required, ...keys[role].optional]));
  return [
    ...names.filter((name) => !known.has(name)).map((name) => `${component} is given ${name}, which it does not read`),
    ...roles.flatMap((role) =>
      keys[role].required
        .filter((name) => !names.includes(name))
        .map((name) => `${component} is not given ${name}, which ${role} needs`),
    ),
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `${component} is given ${name} twice`),
  ];
}

/** The keys of the environment of everything that runs the application, by component. */
function environmentOf(name: string): Array<[component: string, keys: string[]]> {
  const stack = environmentSystem(name).stack('application');
  return [
    ...podsOf(stack).map(({ component, template }): [string, string[]] => [
      component,
      template.spec.container.flatMap(({ env }) => env.map((variable) => variable.name)),
    ]),
    ...runningContainers(stack).map(([component, { env = [] }]): [string, string[]] => [
      component,
      env.map((line) => line.slice(0, line.indexOf('='))),
    ]),
  ].filter(([component]) => component in rolesOf);
}

test.each(environmentNames)('in %s every process is given what it needs and nothing it does not read', (name) => {
  const all = environmentOf(name);
  expect(all.map(([component]) => component).sort()).toEqual(Object.keys(rolesOf).sort());
  expect(all.flatMap(([component, keys]) => breaches(component, keys))).toEqual([]);
});

test.each(environmentNames)('in %s what prepares a process is given what the migration needs', (name) => {
  const stack = environmentSystem(name).stack('application');
  const prepared = [
    ...podsOf(stack).flatMap(({ template }) =>
      (template.spec.init_container ?? []).map(({ env }) => env.map((variable) => variable.name)),
    ),
    ...startedContainers(stack)
      .filter(([container]) => container.endsWith('-preparation'))
      .map(([, { env = [] }]) => env.map((line) => line.slice(0, line.indexOf('=')))),
  ].map((keys) => keys.map((key) => key.replace(/_FILE$/, '')));
  expect(prepared).toEqual(Array(3).fill(expect.arrayContaining(environmentKeys.migrate.required)));
});

test('every setting that an environment sets is one the manual or the application names', () => {
  const used = new Set(environmentOf('dev').flatMap(([, keys]) => keys.map((key) => key.replace(/_FILE$/, ''))));
  expect([...used].sort()).toEqual(
    expect.arrayContaining(['CELERY_WORKER_CONCURRENCY', 'DATABASE_URL', 'LOG_LEVEL', 'REDIS_URL', 'SECRET_KEY']),
  );
});

describe('a broken contract is caught', () => {
  const [, api = []] = environmentOf('dev').find(([component]) => component === 'api') ?? [];

  test('a key that is misspelt', () => {
    const keys = api.map((key) => key.replace('DATABASE_URL', 'DATABASE_URI'));
    expect(breaches('api', keys)).toEqual([
      'api is given DATABASE_URI, which it does not read',
      'api is not given DATABASE_URL, which api needs',
    ]);
  });

  test('a key that the application begins to need', () => {
    const keys = {
      ...environmentKeys,
      api: { ...environmentKeys.api, required: [...environmentKeys.api.required, 'NEW_KEY'] },
    };
    expect(breaches('api', api, keys)).toEqual(['api is not given NEW_KEY, which api needs']);
  });

  test('a key that the application no longer reads', () => {
    const optional = environmentKeys.api.optional.filter((key) => key !== 'HTTP_PORT');
    expect(breaches('api', api, { ...environmentKeys, api: { ...environmentKeys.api, optional } })).toEqual([
      'api is given HTTP_PORT, which it does not read',
    ]);
  });

  test('a key that is given in the open and as a file', () => {
    expect(breaches('api', [...api, 'DATABASE_PASSWORD'])).toEqual(['api is given DATABASE_PASSWORD twice']);
  });
});

test('every command that a component runs is one of the application’s command line', () => {
  const folder = join(__dirname, '../../app/src/cli');
  const commandLine = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const commands = podsOf(environmentSystem('dev').stack('application'))
    .flatMap(({ template: { spec } }) => [...spec.container, ...(spec.init_container ?? [])])
    .map(({ command = [] }) => command)
    .filter(([, script]) => script === '/app/dist/stock.js')
    .map(([, , ...words]) => words);
  expect([...new Set(commands.map((words) => words.join(' ')))].sort()).toEqual([
    'api',
    'db maintain',
    'migrate',
    'scheduler',
    'worker',
  ]);
  for (const word of commands.flat()) expect(commandLine.join()).toContain(`.command('${word}')`);
});
