import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { Cleanup } from '../../bench/child';
import { until } from '../until';
import { AlertWatch } from './alert-watch';
import { faults } from './cases/cases';
import type { Fault, Need } from './cases/fault';
import { Load } from './load';
import { canLimitMemory } from './no-more-memory';
import { asLines, historyOf, type Operation } from './operations';
import {
  alertsInWords,
  asTable,
  type FaultResult,
  inWords,
  loadAverages,
  machineInWords,
  type Report,
  resultOf,
  verdictOf,
} from './report';
import { renderPage } from './report-page';
import { canMount } from './small-disk';
import { System } from './system';
import { merged, minSamples } from './verdict';

const beforeSeconds = 5;
const faultSeconds = 10;
const afterSeconds = 5;
/** How long a fault lasts at most until its alerts are told. */
const alertSeconds = 60;
const longestRecoverySeconds = 90;
const drainSeconds = 120;

const log = (line: string) => process.stderr.write(`${line}\n`);

async function untilRecovered(load: Load): Promise<boolean> {
  const deadline = performance.now() + longestRecoverySeconds * 1000;
  while (performance.now() < deadline) {
    const isWell = (await load.askHealth()).every(({ status }) => status === 'ok');
    if (isWell && (await load.probe(10))) return true;
    await sleep(200);
  }
  return false;
}

/** What one fault did, and all that was seen of it. */
interface Measured {
  result: FaultResult;
  operations: readonly Operation[];
}

async function measure(fault: Fault, system: System, load: Load, watch: AlertWatch | undefined): Promise<Measured> {
  const troubles: string[] = [];
  const tolerate = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      troubles.push((error as Error).message);
      return undefined;
    }
  };
  const undo = await tolerate(async () => fault.prepare?.(system));
  const early = (await watch?.begin(fault.alerts ?? [])) ?? [];
  for (const alert of early) troubles.push(`${alert} was told of before`);
  load.start();
  await sleep(beforeSeconds * 1000);
  load.note('began');
  const stopWatching = watch?.watch();
  const end = await tolerate(() => fault.inject(system, load));
  await sleep((fault.seconds ?? faultSeconds) * 1000);
  if (watch) await until(alertSeconds, async () => watch.isTold(fault.alerts ?? []));
  await tolerate(async () => end?.());
  load.note('ended');
  if (await untilRecovered(load)) load.note('recovered');
  await sleep(afterSeconds * 1000);
  const told = await stopWatching?.();
  await load.stop();
  await load.untilAllEnded(drainSeconds);
  const operations = await load.history();
  await tolerate(async () => undo?.());
  return { result: resultOf(fault, historyOf(operations), troubles, told), operations };
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
  only?: string[];
  short?: boolean;
  report?: string;
  keep?: string;
  programs?: string;
  seed: number;
}

/** Where the report goes, and what was seen of each fault. */
class ReportFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(path.join(folder, 'histories'), { recursive: true });
  }

  keepHistory(number: number, { result, operations }: Measured): void {
    const name = `${String(number).padStart(2, '0')}-${result.fault.replaceAll(/[^A-Za-z0-9]+/g, '-')}.jsonl`;
    writeFileSync(path.join(this.#folder, 'histories', name), asLines(operations));
  }

  write(report: Report): void {
    writeFileSync(path.join(this.#folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(path.join(this.#folder, 'report.html'), renderPage(report));
  }
}

const canMake: Readonly<Record<Need, boolean>> = { disk: canMount(), memory: canLimitMemory() };
const isPossible = ({ needs }: Fault) => needs === undefined || canMake[needs];

function chosenFaults({ only, short }: Options): Fault[] {
  const chosen = faults.filter(
    (fault) =>
      (!short || fault.isShort) && (!only || only.some((text) => fault.name.includes(text))) && isPossible(fault),
  );
  if (chosen.length === 0)
    throw new Error(
      `no fault is called '${only?.join("', '")}'; there are: ${faults.map(({ name }) => name).join('; ')}`,
    );
  return chosen;
}

async function main(options: Options): Promise<void> {
  requirePrograms();
  const chosen = chosenFaults(options);
  const impossible = faults.filter((fault) => !isPossible(fault));
  const leftOut = impossible.map(
    ({ name, needs }) => `${name}: only root on Linux may make a ${needs} for it that is used up`,
  );
  for (const line of leftOut) log(`not run: ${line}`);
  const folder = options.report === undefined ? undefined : new ReportFolder(options.report);
  log(`seed ${options.seed}; the same order of jobs again: --seed ${options.seed}`);

  const cleanup = new Cleanup();
  const stop = () => void cleanup.run().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const [startedAt, atStart] = [new Date().toISOString(), loadAverages()];
  const results: FaultResult[] = [];
  const endedEarly: string[] = [];
  let system: System | undefined;
  try {
    system = await System.start(cleanup, log);
    const load = await Load.prepare(system, options.seed);
    if (!(await untilRecovered(load))) throw new Error('the system was not well before any fault');
    const watch = options.programs ? await AlertWatch.start(system, options.programs, cleanup) : undefined;
    for (const [index, fault] of chosen.entries()) {
      log(`${fault.name} ...`);
      const measured = await measure(fault, system, load, watch);
      const { result } = measured;
      results.push(result);
      folder?.keepHistory(index + 1, measured);
      log(`  ${inWords(result.verdict)}; RTO ${result.rtoSeconds ?? 'never'} s, ${JSON.stringify(result.answers)}`);
      log(`  alerts: ${alertsInWords(result.alerts)}`);
      if (result.rtoSeconds === undefined) await system.restartRoles();
    }
  } catch (error) {
    endedEarly.push(`the run ended early: ${(error as Error).message}`);
  } finally {
    if (options.keep && system)
      cpSync(system.folder, options.keep, { recursive: true, filter: (file) => !/postgres/.test(file) });
    await cleanup.run();
  }
  const report: Report = {
    schemaVersion: 1,
    verdict: merged([verdictOf(results), { state: endedEarly.length > 0 ? 'unknown' : 'good', reasons: endedEarly }]),
    seed: options.seed,
    startedAt,
    finishedAt: new Date().toISOString(),
    node: process.versions.node,
    machine: machineInWords(),
    loadAverages: { atStart, atEnd: loadAverages() },
    isWatched: options.programs !== undefined,
    minSamples,
    leftOut,
    faults: results,
  };
  folder?.write(report);
  process.stdout.write(`${asTable(results)}\n`);
  for (const reason of report.verdict.reasons) log(`NOT GOOD: ${reason}`);
  if (report.verdict.state !== 'good') process.exitCode = 1;
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('allowed: whole numbers, 0 to 999999999');
  return Number(text);
}

const options = new Command('npm run faults --')
  .description(
    'Hurts the whole application, run on this machine, in every way it should stand, and tells what it lost.',
  )
  .option('--only <text...>', 'faults whose name contains one of the texts')
  .option('--short', 'only the few that run with every commit')
  .option(
    '--programs <folder>',
    "where prometheus, alertmanager and the exporters are: production's alerts are watched",
  )
  .option('--report <folder>', 'write report.json, report.html and the history of each fault there')
  .option('--seed <number>', 'decides the order of what is asked for', parseSeed, Date.now() % 1_000_000)
  .option('--keep <folder>', 'copy the logs there at the end')
  .parse()
  .opts<Options>();

main(options).catch((error: Error) => {
  process.stderr.write(`faults: ${error.message}\n`);
  process.exitCode = 1;
});
