import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryMebibytes } from '../../bench/process-usage';
import { markdownTable } from '../markdown-table';
import type { Setting } from './case';
import { copiesIn, sizeBelow } from './copies';
import { backupRole, password } from './postgres';
import { copyIntoYearsBefore } from './rows';
import { stockopsWords } from './stockops';

const yearsBefore = 7;
const rounds = 3;
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

/**
 * Measures a copy, which is counted, summed up and read again, against a bare `pg_dump` of the same database, in turn.
 *
 * @throws AssertionError when it takes more than is allowed
 */
export async function measure(setting: Setting): Promise<string> {
  await setting.postgres.asSuperuser((client) => copyIntoYearsBefore(client, yearsBefore));
  const { rows } = await setting.postgres.asSuperuser((client) => client.query('SELECT count(*)::int FROM stock_data'));
  const dumps: Measured[] = [];
  const made: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    dumps.push(await measureDump(setting));
    made.push(await measureCopy(setting));
  }
  const cells = ({ seconds, bytes, mebibytes }: Measured) => [
    seconds.toFixed(1),
    (bytes / 1024 / 1024).toFixed(1),
    mebibytes.toFixed(0),
  ];
  const table = markdownTable(
    ['', 's', 'MiB written', 'MiB of memory'],
    dumps.flatMap((dump, round) => [
      ['pg_dump -Fd -j2', ...cells(dump)],
      ['stockops backup create', ...cells(made[round] as Measured)],
    ]),
  );
  const middle = (all: readonly Measured[]) => all.map(({ seconds }) => seconds).sort((a, b) => a - b)[1] as number;
  const ratio = middle(made) / middle(dumps);
  const mebibytes = Math.max(...made.map((each) => each.mebibytes));
  const found = `${rows[0].count} rows: ${ratio.toFixed(2)} times as long, ${mebibytes.toFixed(0)} MiB at most`;
  assert.ok(ratio <= allowed.ratio && mebibytes <= allowed.mebibytes, `${table}\n${found}`);
  return `${table}\n\n${found}`;
}
