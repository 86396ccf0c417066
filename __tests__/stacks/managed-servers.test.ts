import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Role, readEnvironment } from '../../app/src/runtime/env';
import { defineEnvironment, type EnvironmentConfig } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { runningContainers } from '../docker-objects';
import { podsOf } from '../kubernetes-objects';
import { type SynthesizedStack, synthesizedSystems } from '../synthesized';

const caFile = '__tests__/config/ca.pem';

/** An environment of somebody who has PostgreSQL behind a pooler, and Redis, from a cloud. */
const onManagedServers = (base: EnvironmentConfig): EnvironmentConfig =>
  defineEnvironment({
    ...base,
    name: `managed-${base.target}`,
    postgres: { topology: 'existing', host: 'db.example.com', port: 6432, database: 'stockdb', caFile, pooled: true },
    cache: { topology: 'existing', host: 'cache.example.com', port: 6379, caFile },
    queue: { topology: 'existing', host: 'queue.example.com', port: 6379, users: { api: 'stock-api' } },
    backup: undefined,
  });

const systems = synthesizedSystems([dev, local].map(onManagedServers));

/** What runs the application, as the role it is started as, with its environment; what prepares it too. */
function processesOf(stack: SynthesizedStack): Array<[name: string, environment: Record<string, string>]> {
  return [
    ...podsOf(stack).flatMap(({ component, template: { spec } }) =>
      [...spec.container, ...(spec.init_container ?? []).map((each) => ({ ...each, name: 'migrate' }))].map(
        ({ name, env }): [string, Record<string, string>] => [
          name === 'migrate' ? name : component,
          Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
        ],
      ),
    ),
    ...runningContainers(stack).map(([component, { env = [] }]): [string, Record<string, string>] => [
      component,
      Object.fromEntries(env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    ]),
  ];
}

const roles: Readonly<Record<string, Role>> = {
  api: 'api',
  worker: 'worker',
  scheduler: 'scheduler',
  maintenance: 'maintain',
  migrate: 'migrate',
};

describe.each(systems.map((system) => [system.config.target, system] as const))('on %s', (_, system) => {
  test('neither a database nor a Redis of ours is left', () => {
    const addresses = ['data', 'application'].flatMap((unit) => system.stack(unit as 'data').addresses);
    expect(
      addresses.filter((address) =>
        /stateful|claim|image\.(postgres|redis)|container\.(postgres|cache|queue)/.test(address),
      ),
    ).toEqual([]);
  });

  test('every part of the application has its edges to them, and no other', () => {
    const edges = system.environment.connections.describe().filter((edge) => edge.includes('example.com'));
    expect(edges.filter((edge) => /^(api|worker|scheduler|maintenance|gateway) /.test(edge))).toEqual([
      'api -> outside cache.example.com:6379',
      'api -> outside db.example.com:6432',
      'api -> outside queue.example.com:6379',
      'maintenance -> outside db.example.com:6432',
      'scheduler -> outside db.example.com:6432',
      'scheduler -> outside queue.example.com:6379',
      'worker -> outside cache.example.com:6379',
      'worker -> outside db.example.com:6432',
      'worker -> outside queue.example.com:6379',
    ]);
  });

  test('the application takes what each of its processes is told', () => {
    const folder = mkdtempSync(join(tmpdir(), 'managed-servers-'));
    const written = (name: string) => {
      const file = join(folder, name);
      writeFileSync(
        file,
        name.includes('CA')
          ? readFileSync(join(__dirname, '../config/ca.pem'), 'utf8')
          : 'a text of thirty-two characters or more',
      );
      return file;
    };
    try {
      const processes = processesOf(system.stack('application')).filter(([name]) => name in roles);
      for (const [name, environment] of processes) {
        const files = Object.keys(environment).filter((key) => key.endsWith('_FILE'));
        const given = { ...environment, ...Object.fromEntries(files.map((key) => [key, written(key)])) };
        expect(readEnvironment(roles[name] as Role, given)).toMatchObject({
          DATABASE_URL: expect.stringMatching(/@db\.example\.com:6432\/stockdb\?sslmode=verify-full$/),
          DATABASE_POOLED: true,
        });
      }
      expect(new Set(processes.map(([name]) => name))).toEqual(
        new Set(Object.keys(roles).filter((name) => name !== 'migrate' || system.config.target === 'kubernetes')),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
