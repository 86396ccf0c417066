import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../bench/child';
import { cpuSeconds, memoryMebibytes } from '../../bench/process-usage';
import { markdownTable } from '../markdown-table';
import { create, run, type Setting } from './case';
import { copiesIn, sizeBelow } from './copies';
import { backupRole, password } from './postgres';
import { copyIntoYearsBefore } from './rows';
import { compileStockops } from './shipped';

/** Eight years in all. */
const yearsBefore = 7;
const rounds = 3;
const sampleMilliseconds = 250;
const allowed = { ratio: 1.3, mebibytes: 300 };

interface Measured {
  seconds: number;
  /** Of all processors, for what was started and for the server; it varies less where others use the machine. */
  cpuSeconds: number;
  bytes: number;
  /** The most that it and all it started had at one time. */
  mebibytes: number;
}

/** What is measured, on a database of many years. */
interface Measuring extends Setting {
  /** Words by which Node runs what ships. */
  stockops: readonly string[];
}

/** Runs a program to its end while its memory and its time are looked at. */
async function measured(
  { postgres }: Setting,
  command: string,
  words: readonly string[],
  variables: Record<string, string>,
): Promise<Omit<Measured, 'bytes'>> {
  const server = () => cpuSeconds([postgres.processId]);
  const serverBefore = server();
  const started = performance.now();
  const child = spawn(command, words, {
    env: { ...process.env, ...variables },
    cwd: path.join(__dirname, '..', '..'),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let mebibytes = 0;
  let own = 0;
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const { resident } = memoryMebibytes([child.pid as number]);
    if (resident > mebibytes) mebibytes = resident;
    own = Math.max(own, cpuSeconds([child.pid as number]));
    await sleep(sampleMilliseconds);
  }
  assert.equal(await ended, 0, said);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, cpuSeconds: own + server() - serverBefore, mebibytes };
}

async function measureDump(measuring: Measuring, compression: readonly string[] = []): Promise<Measured> {
  const { postgres, folder } = measuring;
  const target = path.join(folder, 'dumped');
  const words = ['--format=directory', '--jobs=2', ...compression, `--file=${target}`, postgres.url(backupRole)];
  rmSync(target, { recursive: true, force: true });
  const found = await measured(measuring, path.join(postgres.programs, 'pg_dump'), words, { PGPASSWORD: password });
  return { ...found, bytes: sizeBelow(target) };
}

async function measureCopy(measuring: Measuring): Promise<Measured> {
  const { store, variables, stockops } = measuring;
  const before = copiesIn(store);
  const found = await measured(measuring, process.execPath, [...stockops, 'backup', 'create'], variables);
  const [id = ''] = copiesIn(store).filter((name) => !before.includes(name));
  const bytes = sizeBelow(path.join(store, id));
  rmSync(path.join(store, id), { recursive: true });
  return { ...found, bytes };
}

/** Into an empty database of its own, as the superuser. */
async function measureBareRestore(measuring: Measuring, dump: string): Promise<Measured> {
  const { postgres } = measuring;
  const database = 'restored_bare';
  await postgres.asSuperuser((client) => client.query(`CREATE DATABASE ${database} TEMPLATE template0`), 'postgres');
  const words = ['--jobs=2', '--exit-on-error', `--dbname=${postgres.superuserUrl(database)}`, dump];
  const program = path.join(postgres.programs, 'pg_restore');
  const found = await measured(measuring, program, words, { PGPASSWORD: password });
  await postgres.asSuperuser((client) => client.query(`DROP DATABASE ${database}`), 'postgres');
  return { ...found, bytes: sizeBelow(dump) };
}

/** Into the place of the live database; what was live is forgotten after the time is taken. */
async function measureRestore(measuring: Measuring, id: string): Promise<Measured> {
  const confirmed = ['--confirm', 'trial'];
  const words = [...measuring.stockops, 'restore', id, ...confirmed];
  const found = await measured(measuring, process.execPath, words, measuring.variables);
  assert.equal((await run(measuring, ['restore', 'forget', ...confirmed])).exitCode, 0);
  return { ...found, bytes: sizeBelow(path.join(measuring.store, id)) };
}

/** What PostgreSQL's programs do alone, and what does the same and more. */
interface Comparison {
  /** The last is what ours is held against; those before it show what comes of the compression alone. */
  bare: readonly Way[];
  ours: Way;
}

interface Way {
  name: string;
  measure(): Promise<Measured>;
}

const ownCompression = '--compress=zstd:1';

/**
 * Measures a copy, which is counted, summed up and read again, against a bare `pg_dump` of the same database, and a restore, which is summed
 * up, compared row by row and analysed, against a bare `pg_restore` of what that wrote; each in turn.
 *
 * @throws AssertionError when it takes more than is allowed
 */
export async function measure(setting: Setting, cleanup: Cleanup): Promise<string> {
  const measuring: Measuring = { ...setting, stockops: await compileStockops(cleanup) };
  await setting.postgres.asSuperuser((client) => copyIntoYearsBefore(client, yearsBefore));
  const { rows } = await setting.postgres.asSuperuser((client) => client.query('SELECT count(*)::int FROM stock_data'));
  const id = await create(setting);
  const dump = path.join(setting.store, id, 'database');
  const comparisons: Comparison[] = [
    {
      bare: [
        { name: `pg_dump -Fd -j2 ${ownCompression}`, measure: () => measureDump(measuring, [ownCompression]) },
        { name: 'pg_dump -Fd -j2', measure: () => measureDump(measuring) },
      ],
      ours: { name: 'stockops backup create', measure: () => measureCopy(measuring) },
    },
    {
      bare: [
        { name: 'pg_restore -j2 of a copy', measure: () => measureBareRestore(measuring, dump) },
        { name: 'pg_restore -j2', measure: () => measureBareRestore(measuring, path.join(setting.folder, 'dumped')) },
      ],
      ours: { name: 'stockops restore', measure: () => measureRestore(measuring, id) },
    },
  ];
  const compared: Compared[] = [];
  for (const comparison of comparisons) compared.push(await compare(comparison));
  const table = markdownTable(
    ['', 's (median)', 's (least to most)', 's of CPU', 'MiB', 'MiB of memory'],
    compared.flatMap(({ lines }) => lines),
  );
  const said = compared.map((each) => each.said).join('\n');
  const found = `${table}\n\n${rows[0].count} rows, ${rounds} times each, in turn\n${said}`;
  assert.ok(
    compared.every(({ isWithin }) => isWithin),
    `more than ${allowed.ratio} times as long, or than ${allowed.mebibytes} MiB\n${found}`,
  );
  return found;
}

interface Compared {
  lines: string[][];
  said: string;
  isWithin: boolean;
}

async function compare({ bare, ours }: Comparison): Promise<Compared> {
  const ways = [...bare, ours].map((way) => ({ ...way, found: [] as Measured[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { found, measure: measureWay } of ways) found.push(await measureWay());
  }
  const [alone, more] = ways.slice(-2).map(({ found }) => found) as [Measured[], Measured[]];
  const ratio = median(more, 'seconds') / median(alone, 'seconds');
  const mebibytes = Math.max(...more.map((each) => each.mebibytes));
  return {
    lines: ways.map(({ name, found }) => [name, ...cells(found)]),
    said: `${ours.name}: ${ratio.toFixed(2)} times as long as ${bare.at(-1)?.name}, ${mebibytes.toFixed(0)} MiB at most`,
    isWithin: ratio <= allowed.ratio && mebibytes <= allowed.mebibytes,
  };
}

type Time = 'seconds' | 'cpuSeconds';

const sorted = (all: readonly Measured[], time: Time): number[] => all.map((each) => each[time]).sort((a, b) => a - b);

const median = (all: readonly Measured[], time: Time): number =>
  sorted(all, time)[Math.floor(all.length / 2)] as number;

const cells = (all: readonly Measured[]): string[] => [
  median(all, 'seconds').toFixed(1),
  `${sorted(all, 'seconds')[0]?.toFixed(1)} to ${sorted(all, 'seconds').at(-1)?.toFixed(1)}`,
  median(all, 'cpuSeconds').toFixed(1),
  ((all[0]?.bytes ?? 0) / 1024 / 1024).toFixed(1),
  Math.max(...all.map(({ mebibytes }) => mebibytes)).toFixed(0),
];
