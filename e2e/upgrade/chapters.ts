import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { appRole, readRole } from '../../app/src/database/roles';
import type { TableFacts } from '../../ops/src/backup/manifest';
import { differences, tableFacts } from '../../ops/src/database/table-facts';
import { copyIntoYearsBefore, fillWithRows } from '../backup/rows';
import { WriteLoad } from '../backup/write-load';
import type { BundledServer } from './bundled-server';
import { confirmed, type Operator } from './operator';

/** What the chapters of a walk hand on to each other. */
export interface Walk {
  old: { major: number; volume: string; server: BundledServer; operator: Operator };
  fresh: { major: number; volume: string; server: BundledServer; operator: Operator };
  data: string | undefined;
  years: number;
  /** Of the old server's database, when it was last open. */
  facts: TableFacts[];
  bytes: number;
  /** Of the last upgrade, its commands on both servers. */
  stoppedSeconds: number;
}

/** A part of the walk. @returns what was seen. @throws AssertionError */
export interface Chapter {
  name: string;
  /** Whether it does nothing but kill what is under way. @default false */
  kills?: boolean;
  run(walk: Walk): Promise<string>;
}

const factsOf = (server: BundledServer): Promise<TableFacts[]> =>
  server.as('stock_backup', (client) => tableFacts(client as never));
const rowsIn = (facts: readonly TableFacts[]): number => facts.reduce((sum, { rows }) => sum + rows, 0);

async function databasesOf(server: BundledServer): Promise<string[]> {
  const rows = await server.ask('stock_backup', 'SELECT datname FROM pg_database', 'postgres');
  return (rows as { datname: string }[]).map(({ datname }) => datname);
}

/** Nobody is let in but who makes copies. */
async function assertClosed(server: BundledServer): Promise<void> {
  for (const role of [appRole, readRole]) await assert.rejects(server.ask(role, 'SELECT 1'), /does not exist/);
  const closed = (await databasesOf(server)).filter((name) => name.startsWith('stock_upgrading'));
  for (const name of closed) await assert.rejects(server.ask(appRole, 'SELECT 1', name), /no pg_hba.conf entry/);
}

const writeOne = (server: BundledServer, symbol: string) =>
  server.as(appRole, (client) =>
    client.query(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
       VALUES ($1, '2024-01-03', 10, 11, 9, 10, 100, 1, 'tushare')`,
      [symbol],
    ),
  );

/** Goes on with the upgrade, and takes the time. @returns what it printed */
async function upgrade(walk: Walk, { operator }: Walk['old']): Promise<string> {
  const started = performance.now();
  const { stdout } = await operator.stockops(0, 'upgrade', ...confirmed);
  walk.stoppedSeconds += (performance.now() - started) / 1000;
  return stdout;
}

async function deployFresh({ old, fresh }: Walk): Promise<void> {
  await old.server.stop();
  await fresh.server.start(fresh.volume, old.major);
}

const oldServer: Chapter = {
  name: 'the old server, with rows',
  async run(walk) {
    const { old, data, years } = walk;
    await old.server.start(old.volume);
    await old.server.migrate();
    const rows = await old.server.as(appRole, (client) => fillWithRows(client, data));
    await old.server.as(appRole, (client: pg.Client) => copyIntoYearsBefore(client, years));
    const [found] = await old.server.ask(
      'stock_backup',
      "SELECT current_setting('server_version') AS version, pg_database_size('stockdb')::float8 AS bytes",
    );
    const { version, bytes } = found as { version: string; bytes: number };
    Object.assign(walk, { facts: await factsOf(old.server), bytes });
    return `PostgreSQL ${version}; ${rows}, and ${years} years more of them`;
  },
};

const checked: Chapter = {
  name: 'what is said before anything is stopped',
  async run({ old: { operator } }) {
    await operator.stockops(0, 'backup', 'init');
    const without = await operator.stockops(1, 'upgrade', '--check');
    assert.match(without.stdout, /copies +fail +there is none that is verified/);
    await operator.stockops(0, 'backup', 'create');
    const { stdout } = await operator.stockops(0, 'upgrade', '--check', '--json');
    const { schemaVersion, ok, findings } = JSON.parse(stdout);
    assert.deepEqual([schemaVersion, ok], [1, true]);
    return findings.map(({ check, state }: { check: string; state: string }) => `${check} ${state}`).join(', ');
  },
};

const refused: Chapter = {
  name: 'refused while somebody writes, and without a word of confirmation',
  async run(walk) {
    const { server, operator } = walk.old;
    const load = new WriteLoad(server);
    await sleep(2_000);
    const { stderr } = await operator.stockops(1, 'upgrade', ...confirmed);
    assert.match(stderr, /still work on the database "stockdb"; stop them first/);
    await load.stop();
    const unsaid = await operator.stockops(2, 'upgrade');
    assert.match(unsaid.stderr, /nobody is there to confirm it; nothing was done/);
    walk.facts = await factsOf(server);
    return `${load.writes} writes before`;
  },
};

const killed = (what: string, side: 'old' | 'fresh', steps: readonly string[]): Chapter => ({
  name: `killed with -9 while it ${what}`,
  kills: true,
  async run(walk) {
    const inTime: string[] = [];
    for (const step of steps) if (await walk[side].operator.kill(step, 'upgrade', ...confirmed)) inTime.push(step);
    assert.ok(inTime.length > 1, 'no kill came in time');
    return `in ${inTime.map((step) => `"${step}"`).join(', ')}`;
  },
});

const closed: Chapter = {
  name: 'the old server is closed and copied',
  async run(walk) {
    walk.stoppedSeconds = 0;
    const printed = await upgrade(walk, walk.old);
    assert.match(printed, /next: set postgres.major to 18 and postgres.keptMajor to 17/);
    await assertClosed(walk.old.server);
    return printed.split('\n')[0] as string;
  },
};

const undoneBefore: Chapter = {
  name: 'undone before there is a new server, written to, closed and copied again',
  async run(walk) {
    const { server, operator } = walk.old;
    await operator.stockops(0, 'upgrade', 'undo', ...confirmed);
    await writeOne(server, '800001.SH');
    walk.facts = await factsOf(server);
    walk.stoppedSeconds = 0;
    return (await upgrade(walk, walk.old)).split('\n')[0] as string;
  },
};

const deployed: Chapter = {
  name: 'the new server is deployed, and waits',
  async run(walk) {
    await deployFresh(walk);
    await assertClosed(walk.fresh.server);
    const { stdout } = await walk.fresh.operator.stockops(0, 'upgrade', '--check');
    assert.match(stdout, /the new server waits for its data/);
    return 'it has no database, and lets nobody in';
  },
};

const restored: Chapter = {
  name: 'the new server has the data',
  async run(walk) {
    const { facts, fresh } = walk;
    assert.match(await upgrade(walk, fresh), /every row compared/);
    assert.deepEqual(differences(facts, await factsOf(fresh.server)), []);
    assert.deepEqual(await fresh.server.migrate(), []);
    await writeOne(fresh.server, '800002.SH');
    await fresh.server.ask(readRole, 'SELECT count(*) FROM stock_data');
    const left = (await databasesOf(fresh.server)).filter((name) => name.startsWith('stock_restoring'));
    assert.deepEqual(left, []);
    return `${rowsIn(facts)} rows with the hashes that they had; the application's roles read and write`;
  },
};

const startedAgain: Chapter = {
  name: 'it is started again',
  async run({ old, fresh, facts }) {
    await fresh.server.stop();
    await fresh.server.start(fresh.volume, old.major);
    assert.equal(rowsIn(await factsOf(fresh.server)), rowsIn(facts) + 1);
    return 'all is there';
  },
};

const notConfirmed: Chapter = {
  name: 'not confirmed before the new server has a copy of its own',
  async run({ fresh: { operator } }) {
    return (await operator.stockops(1, 'upgrade', 'confirm', ...confirmed)).stderr.trim();
  },
};

const undone: Chapter = {
  name: 'undone: the old server with the data of then',
  async run(walk) {
    const { old, fresh, facts } = walk;
    const unsaid = await fresh.operator.stockops(2, 'upgrade', 'undo');
    assert.match(unsaid.stderr, /lost is what came since: 0 jobs and 1 bars of the new server/);
    const { stdout } = await fresh.operator.stockops(0, 'upgrade', 'undo', ...confirmed);
    assert.match(stdout, /next: set postgres.major to 17 and postgres.keptMajor to 18/);
    await assertClosed(fresh.server);
    await fresh.operator.stockops(1, 'upgrade', ...confirmed);
    await fresh.server.stop();
    await old.server.start(old.volume, fresh.major);
    await old.operator.stockops(0, 'upgrade', 'undo', ...confirmed);
    assert.deepEqual(differences(facts, await factsOf(old.server)), []);
    await writeOne(old.server, '800003.SH');
    walk.facts = await factsOf(old.server);
    return `${rowsIn(facts)} rows with the hashes that they had, and written to again`;
  },
};

const toStay: Chapter = {
  name: 'once more, and confirmed',
  async run(walk) {
    const { old, fresh, facts } = walk;
    walk.stoppedSeconds = 0;
    await old.operator.stockops(0, 'backup', 'create');
    await upgrade(walk, old);
    await deployFresh(walk);
    await upgrade(walk, fresh);
    assert.deepEqual(differences(facts, await factsOf(fresh.server)), []);
    await fresh.operator.stockops(0, 'backup', 'create');
    const early = await fresh.operator.stockops(1, 'upgrade', 'confirm', ...confirmed);
    assert.match(early.stderr, /was not restored yet/);
    await fresh.operator.stockops(0, 'drill');
    await fresh.operator.stockops(0, 'upgrade', 'confirm', ...confirmed);
    const { stdout } = await fresh.operator.stockops(0, 'upgrade', '--check');
    assert.match(stdout, /the newest that this version of the platform goes to/);
    await fresh.operator.stockops(1, 'upgrade', 'undo', ...confirmed);
    return `${rowsIn(facts)} rows with the hashes that they had; copied, drilled, and no way back`;
  },
};

/** There, back, and there again, with every interruption. */
export const wholeWalk: readonly Chapter[] = [
  oldServer,
  checked,
  refused,
  killed('closes and copies', 'old', [
    'closing the database',
    'copying the database',
    'summing up',
    'reading it again',
  ]),
  closed,
  undoneBefore,
  deployed,
  killed('restores', 'fresh', ['restoring', 'comparing every row', 'changing names']),
  restored,
  startedAgain,
  notConfirmed,
  undone,
  toStay,
];

/** Once, without interruptions. */
export const shortWalk: readonly Chapter[] = [oldServer, checked, closed, deployed, restored, startedAgain];
