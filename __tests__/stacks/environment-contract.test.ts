import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentKeys, environmentReference, type Role, readEnvironment } from '../../app/src/runtime/env';
import { defineEnvironment } from '../../config/environment';
import { environmentNames } from '../../config/environments';
import dev from '../../config/environments/dev';
import { changed } from '../config/changed';
import { startedContainers } from '../docker-objects';
import { containerOf, podsOf } from '../kubernetes-objects';
import { environmentSystem, type SynthesizedStack, type SynthesizedSystem, synthesizedSystems } from '../synthesized';

type Keys = Readonly<Record<Role, { readonly required: readonly string[]; readonly optional: readonly string[] }>>;

/** A program of the application that is run, with the keys of its environment. */
interface Program {
  component: string;
  /** The words behind `stock`, such as db maintain. */
  command: string;
  keys: string[];
}

const script = '/app/dist/stock.js';

/** The roles of what runs: that of the command, and of what asks for the health of one that stays. */
const rolesOf: Readonly<Record<string, readonly Role[]>> = {
  api: ['api', 'healthcheck'],
  worker: ['worker', 'healthcheck'],
  scheduler: ['scheduler', 'healthcheck'],
  'db maintain': ['maintain'],
  migrate: ['migrate'],
};

/** The words behind the script, also where a shell runs it; undefined for what runs something else. */
function wordsOf(command: readonly string[]): string | undefined {
  const [, words] = command.join(' ').split(script);
  return words?.replaceAll("'", '').trim();
}

/** Every program of the application that an environment runs, those that prepare another included. */
const programsOf = (name: string): Program[] => programsIn(environmentSystem(name).stack('application'));

function programsIn(stack: SynthesizedStack): Program[] {
  const inPods = podsOf(stack).flatMap(({ component, template: { spec } }) =>
    [...spec.container, ...(spec.init_container ?? [])].map(({ command = [], env }) => ({
      component,
      command: wordsOf(command),
      keys: env.map((variable) => variable.name),
    })),
  );
  const inContainers = startedContainers(stack).map(([container, { entrypoint = [], command = [], env = [] }]) => ({
    component: container.replace(/-preparation$/, ''),
    command: wordsOf([...entrypoint, ...command]),
    keys: env.map((line) => line.slice(0, line.indexOf('='))),
  }));
  return [...inPods, ...inContainers].filter((program): program is Program => program.command !== undefined);
}

/** What is set and nobody reads, and what is needed and nobody sets; one line each. */
function breaches({ component, command, keys }: Program, beside: readonly Role[] = [], known: Keys = environmentKeys) {
  const roles = rolesOf[command];
  if (!roles) return [`${component} runs '${command}', of which no role is known`];
  const names = keys.map((key) => key.replace(/_FILE$/, ''));
  const read = new Set([...roles, ...beside].flatMap((role) => [...known[role].required, ...known[role].optional]));
  return [
    ...names.filter((name) => !read.has(name)).map((name) => `${component} is given ${name}, which it does not read`),
    ...roles.flatMap((role) =>
      known[role].required
        .filter((name) => !names.includes(name))
        .map((name) => `${component} is not given ${name}, which ${role} needs`),
    ),
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `${component} is given ${name} twice`),
  ];
}

/** The breaches of all programs. What prepares a process has that one's environment, and may leave some of it unread. */
const breachesOf = (programs: readonly Program[]): string[] =>
  programs.flatMap((program) => {
    const others = programs.filter(({ component }) => component === program.component);
    return breaches(
      program,
      program.command === 'migrate' ? others.flatMap(({ command }) => rolesOf[command] ?? []) : [],
    );
  });

/** The code of the application without comments and texts: what is left of a name is a use of it. */
const codeOfApplication = (): string => {
  const folder = join(__dirname, '../../app/src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== join('runtime', 'env.ts'))
    .map((file) => codeIn(readFileSync(join(folder, file), 'utf8')))
    .join('\n');
};

const codeIn = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\/|\/\/ .*/g, '')
    .replace(/'[^'\n]*'|"[^"\n]*"/g, "''")
    // Where a source declares its variables.
    .replace(/^ {2}variables: \{[\s\S]*?^ {2}\},$/gm, '');

type Declared = readonly { readonly key: string; readonly roles: readonly string[] }[];

/** Variables that the application declares and that no role has, or no code uses; one line each. */
const unread = (declared: Declared, code: string): string[] => [
  ...declared.filter(({ roles }) => roles.length === 0).map(({ key }) => `${key} is declared for no role`),
  ...declared.filter(({ key }) => !new RegExp(`\\b${key}\\b`).test(code)).map(({ key }) => `${key} is read by no code`),
];

test.each(environmentNames)('in %s every program is given what it needs and nothing that it does not read', (name) => {
  const programs = programsOf(name);
  expect(new Set(programs.map(({ command }) => command))).toEqual(new Set(Object.keys(rolesOf)));
  expect(programs.filter(({ command }) => command === 'migrate')).toHaveLength(3);
  expect(breachesOf(programs)).toEqual([]);
});

test('every variable that the application declares is one that it reads', () => {
  expect(environmentReference.length).toBeGreaterThan(30);
  expect(unread(environmentReference, codeOfApplication())).toEqual([]);
});

test('the settings of the operations manual have the names it gives them', () => {
  const used = new Set(programsOf('dev').flatMap(({ keys }) => keys.map((key) => key.replace(/_FILE$/, ''))));
  expect([...used]).toEqual(
    expect.arrayContaining(['CELERY_WORKER_CONCURRENCY', 'DATABASE_URL', 'LOG_LEVEL', 'REDIS_URL', 'SECRET_KEY']),
  );
});

describe('each setting of the application', () => {
  const server = { topology: 'existing', host: 'server.example.com', port: 6380, caFile: '__tests__/config/ca.pem' };
  const everything = defineEnvironment(
    changed(dev, {
      name: 'everything',
      backup: undefined,
      postgres: { ...server, database: 'stock', pooled: true },
      cache: server,
      queue: server,
      'api.secretKeyRevision': 2,
      'api.requestsPerMinute': 600,
      'api.unfinishedJobsPerKey': 50,
      'api.unfinishedJobs': 500,
      'api.allowedOrigins': ['https://app.example.com', 'https://intern.example.com'],
      'api.cacheSeconds': { realtime: 5, daily: 60, historical: 600 },
      'api.explainsErrors': true,
      'worker.hardTimeLimitSeconds': 400,
      sources: {
        priority: 'tushare,akshare,wind',
        tushareCallsPerMinute: 500,
        timeoutSeconds: 20,
        aktoolsUrl: 'http://aktools.example.com',
        windUrl: 'http://wind.example.com',
      },
      tracing: { endpoint: 'https://traces.example.com/otlp' },
    }),
  );
  const [system] = synthesizedSystems([everything]) as [SynthesizedSystem];
  const application = system.stack('application');

  /** Not for an environment to say: there is one place to listen at, metrics are always there, and a root that is read-only holds no logs. */
  const decided = ['HTTP_HOST', 'LOG_DIR'];

  test('can be set by an environment, but what the platform has decided', () => {
    const given = new Set(programsIn(application).flatMap(({ keys }) => keys.map((key) => key.replace(/_FILE$/, ''))));
    const missing = environmentReference.map(({ key }) => key).filter((key) => !given.has(key));
    expect(missing.sort()).toEqual(decided);
    expect(breachesOf(programsIn(application))).toEqual([]);
  });

  test('reaches the process that reads it', () => {
    const variablesOf = (component: string) =>
      Object.fromEntries(containerOf(application, component).env.map(({ name, value }) => [name, value]));
    expect(variablesOf('api')).toMatchObject({
      API_REQUESTS_PER_MINUTE: '600',
      API_UNFINISHED_JOBS_PER_KEY: '50',
      API_UNFINISHED_JOBS: '500',
      CORS_ALLOWED_ORIGINS: 'https://app.example.com,https://intern.example.com',
      CACHE_TTL_REALTIME_DATA: '5',
      CACHE_TTL_DAILY_DATA: '60',
      CACHE_TTL_HISTORICAL_DATA: '600',
      DEBUG: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example.com/otlp',
    });
    expect(variablesOf('worker')).toMatchObject({
      CELERY_TASK_TIME_LIMIT: '400',
      TUSHARE_CALLS_PER_MINUTE: '500',
      SOURCE_TIMEOUT: '20',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example.com/otlp',
    });
    expect(variablesOf('scheduler')).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: expect.anything() });
  });

  test('is one that the application takes', () => {
    for (const role of ['api', 'worker', 'scheduler'] as const) {
      const given = containerOf(application, role).env.flatMap(({ name, value = '' }) =>
        name.endsWith('_FILE') ? [] : [[name, value]],
      );
      const secrets = { DATABASE_PASSWORD: 'x', QUEUE_PASSWORD: 'x', SECRET_KEY: 'x'.repeat(32) };
      expect(() => readEnvironment(role, { ...Object.fromEntries(given), ...secrets })).not.toThrow();
    }
  });
});

describe('a broken contract is caught', () => {
  const programs = programsOf('dev');
  const find = (wanted: string) => programs.find(({ command }) => command === wanted) as Program;
  const api = find('api');

  test('where a key is misspelt', () => {
    const keys = api.keys.map((key) => key.replace('DATABASE_URL', 'DATABASE_URI'));
    expect(breaches({ ...api, keys })).toEqual([
      'api is given DATABASE_URI, which it does not read',
      'api is not given DATABASE_URL, which api needs',
    ]);
  });

  test('where a key is set that no schema knows, be it for what prepares a process', () => {
    const wrong = programs.map((program) =>
      program.component === 'worker' ? { ...program, keys: [...program.keys, 'CELERY_MAGIC_FILE'] } : program,
    );
    expect(breachesOf(wrong)).toEqual([
      'worker is given CELERY_MAGIC, which it does not read',
      'worker is given CELERY_MAGIC, which it does not read',
    ]);
  });

  test('where the application begins to need a key', () => {
    const known = {
      ...environmentKeys,
      api: { ...environmentKeys.api, required: [...environmentKeys.api.required, 'NEW_KEY'] },
    };
    expect(breaches(api, [], known)).toEqual(['api is not given NEW_KEY, which api needs']);
  });

  test('where the application no longer reads a key', () => {
    const optional = environmentKeys.api.optional.filter((key) => key !== 'HTTP_PORT');
    const known = { ...environmentKeys, api: { ...environmentKeys.api, optional } };
    expect(breaches(api, [], known)).toEqual(['api is given HTTP_PORT, which it does not read']);
  });

  test('where a key is given in the open and as a file', () => {
    expect(breaches({ ...api, keys: [...api.keys, 'DATABASE_PASSWORD'] })).toEqual([
      'api is given DATABASE_PASSWORD twice',
    ]);
  });

  test('where a component runs a command that nobody knows the role of', () => {
    expect(breaches({ ...api, command: 'sync' })).toEqual(["api runs 'sync', of which no role is known"]);
  });

  test('where a variable is declared that no code reads, though texts and comments name it', () => {
    const declared = [...environmentReference, { key: 'CELERY_MAGIC', roles: ['worker'] }];
    const mention = codeIn("// CELERY_MAGIC is read.\nthrow new Error('set CELERY_MAGIC');\n/** CELERY_MAGIC */");
    expect(unread(declared, `${codeOfApplication()}\n${mention}`)).toEqual(['CELERY_MAGIC is read by no code']);
    expect(unread(declared, `${codeOfApplication()}\nconst { CELERY_MAGIC } = environment;`)).toEqual([]);
  });

  test('where a variable is declared that no role has', () => {
    expect(unread([{ key: 'DATABASE_URL', roles: [] }], 'DATABASE_URL')).toEqual([
      'DATABASE_URL is declared for no role',
    ]);
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
