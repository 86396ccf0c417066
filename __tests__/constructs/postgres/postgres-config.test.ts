import { isOwnSetting } from '../../../config/components/postgres';
import {
  manualSettings,
  type PostgresSettings,
  renderPostgresConfig,
} from '../../../constructs/postgres/postgres-config';

const lines = (text: string) => text.trimEnd().split('\n');
const rendered = (settings: PostgresSettings = manualSettings, storageGiB = 5) =>
  renderPostgresConfig(settings, storageGiB);

test('the settings are the manual’s', () => {
  expect(lines(rendered())).toEqual(
    expect.arrayContaining(['max_connections = 200', 'shared_buffers = 256MB', 'effective_cache_size = 1024MB']),
  );
});

test('other settings are other lines, and only those', () => {
  const other = rendered({ maxConnections: 50, sharedBuffersMiB: 64, effectiveCacheSizeMiB: 128 });
  const own = (text: string) => lines(text).filter((line) => !lines(rendered()).includes(line));
  expect(own(other)).toEqual(['max_connections = 50', 'shared_buffers = 64MB', 'effective_cache_size = 128MB']);
});

test('it listens to other containers, and keeps no password as a plain digest', () => {
  expect(lines(rendered())).toEqual(
    expect.arrayContaining(["listen_addresses = '*'", 'password_encryption = scram-sha-256']),
  );
});

test('slow statements and waits are logged, a forgotten transaction is ended', () => {
  expect(lines(rendered())).toEqual(
    expect.arrayContaining([
      'log_min_duration_statement = 1s',
      'log_lock_waits = on',
      'idle_in_transaction_session_timeout = 60s',
    ]),
  );
});

test.each([
  [5, 512],
  [500, 51_200],
])('of a volume of %i GiB, %i MiB at most wait for whoever receives the log', (storageGiB, waitingMiB) => {
  expect(lines(rendered(manualSettings, storageGiB))).toContain(`max_slot_wal_keep_size = ${waitingMiB}MB`);
});

test('every line is one setting, named once', () => {
  const keys = lines(rendered()).map((line) => /^(\w+) = \S.*$/.exec(line)?.[1]);
  expect(keys).not.toContain(undefined);
  expect(new Set(keys).size).toBe(keys.length);
});

test('settings of an environment are lines of their own, each a text of PostgreSQL’s', () => {
  const others = { work_mem: '16MB', random_page_cost: 1.1, jit: false, 'auto_explain.log_format': "it's json" };
  expect(lines(rendered({ ...manualSettings, others })).slice(-4)).toEqual([
    "work_mem = '16MB'",
    "random_page_cost = '1.1'",
    "jit = 'false'",
    "auto_explain.log_format = 'it''s json'",
  ]);
});

test('what it says itself is for no environment to say', () => {
  const own = lines(rendered({ ...manualSettings, statementStatistics: true })).map(
    (line) => line.split(' ')[0] as string,
  );
  expect(own).toContain('shared_preload_libraries');
  expect(own.filter((name) => !isOwnSetting(name))).toEqual([]);
});
