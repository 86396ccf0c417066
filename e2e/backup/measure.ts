import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryMebibytes } from '../../bench/process-usage';
import { markdownTable } from '../markdown-table';
import { create, run, type Setting } from './case';
import { copiesIn, sizeBelow } from './copies';
import { backupRole, password } from './postgres';
import { copyIntoYearsBefore } from './rows';
import { stockopsWords } from './stockops';

const yearsBefore = 7;
const rounds = 5;
const sampleMilliseconds = 250;
const allowed = { ratio: 1.3, mebibytes: 300 };

interface Measured {
  seconds: number;
  bytes: number;
  /** The most that it and all it started had at one time. */
  mebibytes: number;
}

/** Runs a program to its end while its memory is looked at. */
async function measured(command: string, words: readonly string[], variables: Record<string, string>) {
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
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const { resident } = memoryMebibytes([child.pid as number]);
    if (resident > mebibytes) mebibytes = resident;
    await sleep(sampleMilliseconds);
  }
  assert.equal(await ended, 0, said);
  return { seconds: (performance.now() - started) / 1000, mebibytes };
}

async function measureDump({ postgres, folder }: Setting): Promise<Measured> {
  const target = path.join(folder, 'dumped');
  const words = ['--format=directory', '--jobs=2', `--file=${target}`, postgres.url(backupRole)];
  const found = await measured(path.join(postgres.programs, 'pg_dump'), words, { PGPASSWORD: password });
  const bytes = sizeBelow(target);
  rmSync(target, { recursive: true });
  return { ...found, bytes };
}

async function measureCopy({ store, variables }: Setting): Promise<Measured> {
  const before = copiesIn(store);
  const found = await measured(process.execPath, [...stockopsWords, 'backup', 'create'], variables);
  const [id = ''] = copiesIn(store).filter((name) => !before.includes(name));
  const bytes = sizeBelow(path.join(store, id));
  rmSync(path.join(store, id), { recursive: true });
  return { ...found, bytes };
}

/** Into an empty database of its own, as the superuser. */
async function measureBareRestore({ postgres }: Setting, dump: string): Promise<Measured> {
  const database = 'restored_bare';
  await postgres.asSuperuser((client) => client.query(`CREATE DATABASE ${database} TEMPLATE template0`), 'postgres');
  const words = ['--jobs=2', '--exit-on-error', `--dbname=${postgres.superuserUrl(database)}`, dump];
  const found = await measured(path.join(postgres.programs, 'pg_restore'), words, { PGPASSWORD: password });
  await postgres.asSuperuser((client) => client.query(`DROP DATABASE ${database}`), 'postgres');
  return { ...found, bytes: sizeBelow(dump) };
}

/** Into the place of the live database; what was live is forgotten after the time is taken. */
async function measureRestore(setting: Setting, id: string): Promise<Measured> {
  const confirmed = ['--confirm', 'trial'];
  const words = [...stockopsWords, 'restore', id, ...confirmed];
  const found = await measured(process.execPath, words, setting.variables);
  assert.equal((await run(setting, ['restore', 'forget', ...confirmed])).exitCode, 0);
  return { ...found, bytes: sizeBelow(path.join(setting.store, id)) };
}

/** One of PostgreSQL's programs alone, and what does the same and more. */
interface Comparison {
  bare: string;
  ours: string;
  measureBare(): Promise<Measured>;
  measureOurs(): Promise<Measured>;
}

/**
 * Measures a copy, which is counted, summed up and read again, against a bare `pg_dump` of the same database, and a restore, which is summed
 * up, compared row by row and analysed, against a bare `pg_restore` of the same copy; each in turn.
 *
 * @throws AssertionError when it takes more than is allowed
 */
export async function measure(setting: Setting): Promise<string> {
  await setting.postgres.asSuperuser((client) => copyIntoYearsBefore(client, yearsBefore));
  const { rows } = await setting.postgres.asSuperuser((client) => client.query('SELECT count(*)::int FROM stock_data'));
  const id = await create(setting);
  const dump = path.join(setting.store, id, 'database');
  const comparisons: Comparison[] = [
    {
      bare: 'pg_dump -Fd -j2',
      ours: 'stockops backup create',
      measureBare: () => measureDump(setting),
      measureOurs: () => measureCopy(setting),
    },
    {
      bare: 'pg_restore -j2',
      ours: 'stockops restore',
      measureBare: () => measureBareRestore(setting, dump),
      measureOurs: () => measureRestore(setting, id),
    },
  ];
  const lines: string[][] = [];
  const said: string[] = [];
  let isWithin = true;
  for (const { bare, ours, measureBare, measureOurs } of comparisons) {
    const [alone, more]: [Measured[], Measured[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      alone.push(await measureBare());
      more.push(await measureOurs());
    }
    lines.push([bare, ...cells(alone)], [ours, ...cells(more)]);
    const ratio = middle(more) / middle(alone);
    const mebibytes = Math.max(...more.map((each) => each.mebibytes));
    said.push(`${ours}: ${ratio.toFixed(2)} times as long as ${bare}, ${mebibytes.toFixed(0)} MiB at most`);
    isWithin &&= ratio <= allowed.ratio && mebibytes <= allowed.mebibytes;
  }
  const table = markdownTable(['', 's (median)', 's (least to most)', 'MiB', 'MiB of memory'], lines);
  const found = `${table}\n\n${rows[0].count} rows, ${rounds} times each, in turn\n${said.join('\n')}`;
  assert.ok(isWithin, `more than ${allowed.ratio} times as long, or than ${allowed.mebibytes} MiB\n${found}`);
  return found;
}

const sorted = (all: readonly Measured[]): number[] => all.map(({ seconds }) => seconds).sort((a, b) => a - b);

const middle = (all: readonly Measured[]): number => sorted(all)[Math.floor(all.length / 2)] as number;

const cells = (all: readonly Measured[]): string[] => [
  middle(all).toFixed(1),
  `${sorted(all)[0]?.toFixed(1)} to ${sorted(all).at(-1)?.toFixed(1)}`,
  ((all[0]?.bytes ?? 0) / 1024 / 1024).toFixed(1),
  Math.max(...all.map(({ mebibytes }) => mebibytes)).toFixed(0),
];
