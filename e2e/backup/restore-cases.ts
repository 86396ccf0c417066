import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../bench/ports';
import { differences, tableFacts } from '../../ops/src/database/table-facts';
import { signalFamily } from '../faults/processes';
import { until } from '../until';
import { type Case, create, refused, type Setting } from './case';
import { manifestIn } from './copies';
import { type Account, accountOf } from './postgres';
import { type Outcome, Run, type Variables } from './stockops';

const confirmed = ['--confirm', 'trial', '--json'];

/** Whoever has a server started is not root. */
const account: Account | undefined = process.getuid?.() === 0 ? accountOf('postgres') : undefined;

/** Runs it as the workload does: by the user of a server, to whom all of the case belongs. */
function start({ folder, variables }: Setting, words: readonly string[], changes: Variables = {}): Run {
  if (account) execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, folder]);
  return new Run(words, { ...variables, ...changes }, account);
}

async function done(setting: Setting, ...words: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr }: Outcome = await start(setting, words).ended;
  assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

const insert = ({ postgres }: Setting, symbol: string) =>
  postgres.asSuperuser((client) =>
    client.query(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
       VALUES ($1, '2024-01-03', 10, 11, 9, 10, 100, 1, 'tushare')`,
      [symbol],
    ),
  );

const symbolsLike = async ({ postgres }: Setting, pattern: string): Promise<string[]> => {
  const { rows } = await postgres.asSuperuser((client) =>
    client.query('SELECT symbol FROM stock_data WHERE symbol LIKE $1 ORDER BY 1', [pattern]),
  );
  return rows.map(({ symbol }) => symbol);
};

async function assertAsCopied(setting: Setting, id: string): Promise<void> {
  const found = await setting.postgres.asSuperuser((client) => tableFacts(client as never));
  assert.deepEqual(differences(manifestIn(setting.store, id).tables, found), []);
}

const inPlace: Case = {
  name: 'restored in the place of the live database, undone and forgotten',
  async run(setting) {
    const id = await create(setting);
    await insert(setting, '810001.SH');
    const { seconds } = await done(setting, 'restore', id, ...confirmed);
    await assertAsCopied(setting, id);
    assert.deepEqual(await symbolsLike(setting, '81%'), []);
    await done(setting, 'restore', 'undo', ...confirmed);
    assert.deepEqual(await symbolsLike(setting, '81%'), ['810001.SH']);
    const { dropped } = (await done(setting, 'restore', 'forget', ...confirmed)) as { dropped: string[] };
    assert.equal(dropped.length, 1);
    return `live after ${seconds} s with the hashes of the manifest; what came since is back after the undo`;
  },
};

const someDays: Case = {
  name: 'some days of a table restored',
  async run(setting) {
    const id = await create(setting);
    const { rowCount } = await setting.postgres.asSuperuser((client) =>
      client.query("DELETE FROM stock_data WHERE trade_date BETWEEN '2023-01-05' AND '2023-01-06'"),
    );
    const part = ['--table', 'stock_data', '--from', '2023-01-05', '--to', '2023-01-06'];
    const { inserted } = await done(setting, 'restore', id, ...part, ...confirmed);
    assert.equal(inserted, rowCount);
    await assertAsCopied(setting, id);
    return `${inserted} rows of two days, and all hashes are those of the manifest`;
  },
};

const drilled: Case = {
  name: 'restored into a server of its own, in a drill',
  async run(setting) {
    const id = await create(setting);
    const { rtoSeconds } = await done(setting, 'drill', id, '--json');
    assert.deepEqual(readdirSync(path.join(setting.folder, 'work', 'drill')), []);
    return `rows, structure, migrations and the application's look in ${rtoSeconds} s, nothing left`;
  },
};

const toAMoment: Case = {
  name: 'restored to a moment between two writes',
  async run(setting) {
    // What `serve` drills at once, as nothing was drilled yet.
    await create(setting);
    const METRICS_PORT = String(await freePort());
    const serving = start(setting, ['backup', 'serve'], {
      METRICS_PORT,
      HTTP_HOST: '127.0.0.1',
      BASE_BACKUP_SCHEDULE: '30 3 * * 6',
      BACKUP_SCHEDULE: '0 0 29 2 *',
      DRILL_SCHEDULE: '0 0 29 2 *',
    });
    try {
      const wal = path.join(setting.store, 'wal');
      const bases = () => (existsSync(wal) ? readdirSync(wal, { recursive: true }).map(String) : []);
      assert.ok(await until(120, async () => bases().some((file) => file.endsWith('base.json'))));
      await insert(setting, '820001.SH');
      await sleep(1_500);
      const moment = new Date();
      await sleep(1_500);
      await insert(setting, '820002.SH');
      const receivedUntil = async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
        return Number(/^stock_wal_received_timestamp_seconds (\S+)$/m.exec(metrics)?.[1] ?? 0);
      };
      const written = Date.now() / 1000;
      assert.ok(await until(120, async () => (await receivedUntil()) > written, 1_000), 'the log does not arrive');
      serving.kill('SIGTERM');
      await serving.ended;
      const { id, seconds } = await done(setting, 'restore', '--time', moment.toISOString(), ...confirmed);
      assert.deepEqual(await symbolsLike(setting, '82%'), ['820001.SH']);
      await done(setting, 'restore', 'undo', ...confirmed);
      await done(setting, 'restore', 'forget', ...confirmed);
      return `the write before is there, the one after is not; live ${seconds} s after the copy ${id} of the moment was made`;
    } finally {
      serving.kill('SIGKILL');
      await serving.ended;
      await setting.postgres.asSuperuser((client) =>
        client.query(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'stock_backup' AND NOT active",
        ),
      );
    }
  },
};

/** Waits until a restore has the database that it fills. */
const fills = ({ postgres }: Setting) =>
  until(
    60,
    () =>
      postgres.asSuperuser(async (client) => {
        const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname ^@ 'stock_restoring_'");
        return rowCount === 1;
      }, 'postgres'),
    50,
  );

const twoAtOnce: Case = {
  name: 'two restores at once, and what is left forgotten meanwhile',
  async run(setting) {
    const id = await create(setting);
    const first = start(setting, ['restore', id, ...confirmed]);
    assert.ok(await fills(setting));
    // However long the others take to start.
    first.kill('SIGSTOP');
    for (const words of [
      ['restore', id],
      ['restore', 'forget'],
    ]) {
      const { exitCode, stdout } = await start(setting, [...words, ...confirmed]).ended;
      assert.equal(exitCode, 1, stdout);
      assert.match(JSON.parse(stdout).error, /another restore is under way on this server; wait until/);
    }
    first.kill('SIGCONT');
    const { exitCode, stderr } = await first.ended;
    assert.equal(exitCode, 0, stderr);
    await assertAsCopied(setting, id);
    await done(setting, 'restore', 'forget', ...confirmed);
    return '1: another restore is under way on this server; the first is not disturbed';
  },
};

const killed: Case = {
  name: 'killed with -9 while it restores, and said again',
  async run(setting) {
    const id = await create(setting);
    const restoring = start(setting, ['restore', id, ...confirmed]);
    assert.ok(await fills(setting));
    restoring.kill('SIGKILL');
    await restoring.ended;
    await done(setting, 'restore', id, ...confirmed);
    await assertAsCopied(setting, id);
    const { dropped } = (await done(setting, 'restore', 'forget', ...confirmed)) as { dropped: string[] };
    assert.equal(dropped.length, 1, `left: ${dropped}`);
    const left = readdirSync(path.join(setting.folder, 'work')).filter((name) => name.startsWith('restore-'));
    assert.deepEqual(left, []);
    return 'the same command restores it, and takes away the database and the folder that were left';
  },
};

const frozen: Case = {
  name: 'the server frozen while it restores, and Ctrl-C once and again',
  async run(setting) {
    const id = await create(setting);
    const restoring = start(setting, ['restore', id, ...confirmed]);
    assert.ok(await fills(setting));
    const { processId: server } = setting.postgres;
    signalFamily(server, 'SIGSTOP');
    try {
      restoring.kill('SIGINT');
      await sleep(3_000);
      restoring.kill('SIGINT');
      const { exitCode, stderr } = await restoring.ended;
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, /ended at once by SIGINT; the next command/);
    } finally {
      signalFamily(server, 'SIGCONT');
    }
    await done(setting, 'restore', id, ...confirmed);
    await assertAsCopied(setting, id);
    await done(setting, 'restore', 'forget', ...confirmed);
    return 'the second ends it at once, and the next restore takes away what was left';
  },
};

const twoDrills: Case = {
  name: 'two drills at once, and one as root',
  async run(setting) {
    const id = await create(setting);
    const both = [1, 2].map(() => start(setting, ['drill', id, '--json']).ended);
    for (const { exitCode, stderr } of await Promise.all(both)) assert.equal(exitCode, 0, stderr);
    assert.deepEqual(readdirSync(path.join(setting.folder, 'work', 'drill')), []);
    if (!account) return 'neither ends the server of the other';
    await refused(setting, ['drill', id], 1, /PostgreSQL does not run as root.*run this as the user of the workload/);
    return 'neither ends the server of the other; 1: PostgreSQL does not run as root';
  },
};

export const restoreCases = [inPlace, twoAtOnce, killed, frozen, someDays, drilled, twoDrills, toAMoment];
