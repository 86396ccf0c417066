import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Cleanup } from '../../bench/child';
import { markdownTable } from '../markdown-table';
import { runWithCleanup } from '../run-with-cleanup';
import { allKilled } from './all-killed-case';
import { type Case, create, NotRun, run, type Setting } from './case';
import { sumsBelow } from './copies';
import { damageCases } from './damage-cases';
import { databaseCases } from './database-cases';
import { encryptionCases } from './encryption-cases';
import { interruptionCases } from './interruption-cases';
import { measure } from './measure';
import { pointInTimeCases } from './point-in-time-cases';
import { backupRole, Postgres, password } from './postgres';
import { randomNumbers } from './random-numbers';
import { restoreCases } from './restore-cases';
import { fillWithRows } from './rows';
import { s3Cases } from './s3-cases';
import { storeCases } from './store-cases';
import { terminalCases } from './terminal-cases';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    data: { type: 'string' },
    s3: { type: 'string' },
    measure: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
});
/** What stockops does with copies of a database when it is hurt. See docs/end-to-end.md. */
const cases: readonly Case[] = [
  ...databaseCases,
  ...storeCases,
  ...damageCases,
  ...encryptionCases,
  ...terminalCases,
  ...interruptionCases,
  allKilled,
  ...restoreCases,
  ...(options.s3 ? s3Cases(options.s3) : []),
  ...pointInTimeCases(options.s3),
];

const say = (line: string) => process.stderr.write(`${line}\n`);

/** A server with rows, and a store with two copies that every case gets a copy of. */
async function prepare(folder: string, cleanup: Cleanup): Promise<Setting> {
  const postgres = await Postgres.start(folder, cleanup);
  say(await postgres.asSuperuser((client) => fillWithRows(client, options.data)));
  const store = path.join(folder, 'store');
  const { PATH = '' } = process.env;
  const setting: Setting = {
    postgres,
    folder,
    store,
    variables: {
      PATH: `${postgres.programs}${path.delimiter}${PATH}`,
      STOCK_ENVIRONMENT: 'trial',
      DATABASE_URL: postgres.url(backupRole),
      DATABASE_PASSWORD: password,
      SECRET_KEY: 'a key of this run alone, long enough',
      BACKUP_STORE: store,
      BACKUP_WORK: path.join(folder, 'work'),
    },
    random: randomNumbers(Number(options.seed)),
  };
  assert.equal((await run(setting, ['backup', 'init'])).exitCode, 0);
  await create(setting);
  await create(setting);
  return setting;
}

interface Row {
  name: string;
  result: 'ok' | 'failed' | 'not run';
  seen: string;
  seconds: number;
}

async function runCase(each: Case, base: Setting, number: number): Promise<Row> {
  const folder = path.join(base.folder, `case-${number}`);
  const store = path.join(folder, 'store');
  mkdirSync(folder);
  cpSync(base.store, store, { recursive: true });
  const variables = { ...base.variables, BACKUP_STORE: store, BACKUP_WORK: path.join(folder, 'work') };
  const before = sumsBelow(store);
  const started = performance.now();
  const row = (result: Row['result'], seen: string): Row => {
    say(`${result}  ${each.name}: ${seen}`);
    return { name: each.name, result, seen, seconds: (performance.now() - started) / 1000 };
  };
  try {
    const seen = await each.run({ ...base, folder, store, variables });
    const after = sumsBelow(store);
    const changed = [...before].filter(([file, sum]) => after.get(file) !== sum).map(([file]) => file);
    if (!each.damages) assert.deepEqual(changed, [], 'copies that were there are not as they were');
    return row('ok', seen);
  } catch (error) {
    if (error instanceof NotRun) return row('not run', error.message);
    return row('failed', (error as Error).stack ?? String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(cleanup: Cleanup): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stock-backup-'));
  cleanup.addFolder(folder);
  // What root starts as another user must be able to pass through.
  chmodSync(folder, 0o755);
  say(`random moments of --seed ${options.seed}`);
  const setting = await prepare(folder, cleanup);
  if (options.measure) {
    console.log(await measure(setting, cleanup));
    return;
  }
  const rows: Row[] = [];
  for (const [number, each] of cases.entries()) {
    if (options.only && !options.only.some((text) => each.name.includes(text))) continue;
    rows.push(await runCase(each, setting, number));
  }
  assert.ok(rows.length > 0, `no case has '${options.only?.join("' or '")}' in its name`);
  const cells = rows.map(({ name, result, seen, seconds }) => [
    name,
    result,
    seconds.toFixed(1),
    result === 'failed' ? seen.split('\n')[0] : seen,
  ]);
  if (!options.s3) cells.push(['S3', 'not run', '0', 'name a versitygw: --s3 PROGRAM']);
  console.log(markdownTable(['Case', '', 's', 'Seen'], cells as string[][]));
  if (rows.some(({ result }) => result === 'failed')) process.exitCode = 1;
}

runWithCleanup(main);
