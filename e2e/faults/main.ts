import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Cleanup } from '../../bench/child';
import { markdownTable } from '../markdown-table';
import { type Fault, faults } from './cases';
import {
  doubledRows,
  doubleEndings,
  falseOks,
  hiddenErrors,
  lostJobs,
  lostRows,
  recoverySeconds,
  worstHealth,
} from './checkers';
import { Load } from './load';
import { canMount } from './small-disk';
import { roleNames, System } from './system';

const beforeSeconds = 3;
const faultSeconds = 10;
const longestRecoverySeconds = 90;
const drainSeconds = 120;

/** What one fault did. */
interface Row {
  fault: string;
  accepted: number;
  jobsLost: number;
  rowsLost: number;
  rowsDoubled: number;
  endedTwice: number;
  answers: Record<string, number>;
  /** Server errors other than 503, answers that did not come in time, connections cut. */
  hiddenErrors: number;
  falseOks: number;
  recoverySeconds: number | undefined;
  healthDuring: Record<string, string>;
  healthAfter: Record<string, string>;
}

const log = (line: string) => process.stderr.write(`${line}\n`);

async function untilRecovered(load: Load): Promise<number | undefined> {
  const deadline = performance.now() + longestRecoverySeconds * 1000;
  while (performance.now() < deadline) {
    const isWell = (await load.askHealth()).every(({ status }) => status === 'ok');
    if (isWell && (await load.probe(10))) return load.now();
    await sleep(200);
  }
  return undefined;
}

async function measure(fault: Fault, system: System, load: Load): Promise<Row> {
  load.start();
  await sleep(beforeSeconds * 1000);
  const faultBegan = load.now();
  const end = await fault.inject(system);
  await sleep((fault.seconds ?? faultSeconds) * 1000);
  await end();
  const faultEnded = load.now();
  const recovered = await untilRecovered(load);
  await sleep(1_000);
  await load.stop();
  await load.untilAllEnded(drainSeconds);
  const history = await load.history({ faultBegan, faultEnded, recovered });
  const answers: Record<string, number> = {};
  for (const { outcome } of history.answers) answers[outcome] = (answers[outcome] ?? 0) + 1;
  return {
    fault: fault.name,
    accepted: history.accepted.length,
    jobsLost: lostJobs(history).length,
    rowsLost: lostRows(history).length,
    rowsDoubled: doubledRows(history).length,
    endedTwice: doubleEndings(history).length,
    answers,
    hiddenErrors: hiddenErrors(history).length,
    falseOks: falseOks(history).length,
    recoverySeconds: recoverySeconds(history),
    healthDuring: worstHealth(history, faultBegan, faultEnded),
    healthAfter: worstHealth(history, recovered ?? faultEnded, Number.POSITIVE_INFINITY),
  };
}

const isGood = (row: Row) =>
  row.jobsLost + row.rowsLost + row.rowsDoubled + row.endedTwice + row.falseOks === 0 &&
  row.recoverySeconds !== undefined;

const inWords = (health: Record<string, string>) =>
  roleNames.map((role) => `${role} ${health[role] ?? 'not asked'}`).join('; ');

function asTable(rows: readonly Row[]): string {
  const heads = [
    'Fault',
    'Accepted',
    'Jobs lost',
    'Rows lost / doubled',
    'Errors besides 503',
    'Answers',
    'Recovery s',
    'Health during',
  ];
  const lines = rows.map((row) => [
    row.fault,
    row.accepted,
    row.jobsLost,
    `${row.rowsLost} / ${row.rowsDoubled + row.endedTwice}`,
    row.hiddenErrors,
    Object.entries(row.answers)
      .map(([outcome, times]) => `${outcome}: ${times}`)
      .join(', '),
    row.recoverySeconds ?? 'never',
    inWords(row.healthDuring),
  ]);
  return markdownTable(heads, lines);
}

function requirePrograms(): void {
  for (const [program, args, packages] of [
    ['redis-server', ['--version'], 'redis-server'],
    ['ps', ['-V'], 'procps'],
  ] as const) {
    if (spawnSync(program, args).status !== 0) {
      throw new Error(`${program} is not on the PATH; on Debian: apt-get install ${packages}`);
    }
  }
}

interface Options {
  only?: string;
  short?: boolean;
  json?: string;
  keep?: string;
}

async function main({ only, short, json, keep }: Options): Promise<void> {
  requirePrograms();
  const chosen = faults.filter(
    ({ name, isShort, needsRoot }) =>
      (!short || isShort) && (!only || name.includes(only)) && (!needsRoot || canMount()),
  );
  const skipped = faults.filter(({ needsRoot }) => needsRoot && !canMount()).map(({ name }) => name);
  if (skipped.length > 0) log(`not run, because only root may fill a disk of its own: ${skipped.join('; ')}`);
  if (chosen.length === 0)
    throw new Error(`no fault is called '${only}'; there are: ${faults.map(({ name }) => name).join('; ')}`);

  const cleanup = new Cleanup();
  const stop = () => void cleanup.run().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const rows: Row[] = [];
  let system: System | undefined;
  try {
    system = await System.start(cleanup, log);
    const load = await Load.prepare(system);
    if ((await untilRecovered(load)) === undefined) throw new Error('the system was not well before any fault');
    for (const fault of chosen) {
      log(`${fault.name} ...`);
      const row = await measure(fault, system, load);
      rows.push(row);
      log(
        `  ${isGood(row) ? 'good' : 'NOT GOOD'}: recovery ${row.recoverySeconds ?? 'never'} s, ${JSON.stringify(row.answers)}`,
      );
      if (!isGood(row)) log(`  afterwards: ${inWords(row.healthAfter)}`);
      if (row.recoverySeconds === undefined) await restartAll(system);
    }
  } finally {
    if (keep && system) cpSync(system.folder, keep, { recursive: true, filter: (file) => !/postgres/.test(file) });
    await cleanup.run();
  }
  process.stdout.write(`${asTable(rows)}\n`);
  if (json) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
  if (!rows.every(isGood)) process.exitCode = 1;
}

async function restartAll(system: System): Promise<void> {
  for (const role of roleNames) {
    if (system.isRunning(role)) await system.stop(role);
    await system.startRole(role);
  }
}

const options = new Command('npm run faults --')
  .description(
    'Hurts the whole application, run on this machine, in every way it should stand, and tells what it lost.',
  )
  .option('--only <text>', 'faults whose name contains the text')
  .option('--short', 'only the few that run with every commit')
  .option('--keep <folder>', 'copy the logs there at the end')
  .option('--json <file>', 'write the result there too')
  .parse()
  .opts<Options>();

main(options).catch((error: Error) => {
  process.stderr.write(`faults: ${error.message}\n`);
  process.exitCode = 1;
});
