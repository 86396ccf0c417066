import { cpSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { loadSample } from '../../app/src/embedded/sample';
import { Cleanup } from '../../bench/child';
import { System } from '../faults/system';
import { markdownTable } from '../markdown-table';
import { until } from '../until';
import { use } from './ask';
import { backupCases, failuresOfCopies } from './backup-cases';
import { type Case, cases as casesOfSystem } from './cases';
import { KeptDatabase } from './kept-database';
import { logCases } from './log-cases';
import type { Message } from './receivers';
import { WatchedLogs } from './watched-logs';
import { type Firing, Watchers } from './watchers';

const sampleSeconds = 120;
const upSeconds = 60;
const scrapeSeconds = 15;
const longestToFireSeconds = 900;
/** Prometheus' rates look back over five minutes. */
const longestToResolveSeconds = 600;
/** In which something that should not be told would be told. */
const quietSeconds = 40;

interface Options {
  programs: string;
  postgres: string;
  longestFor: number;
  only?: string[];
  json?: string;
  keep?: string;
}

/** What was told of one alert of one case; seconds since the fault began, or for the last since its end began. */
interface Told {
  case: string;
  alert: string;
  severity: string;
  description: string;
  firesAfter: number;
  webhookAfter: number | undefined;
  mailAfter: number | undefined;
  resolvedAfter: number | undefined;
}

interface Outcome {
  told: Told[];
  faults: string[];
}

const log = (line: string) => process.stderr.write(`${line}\n`);
const since = (moment: number, at = Date.now()) => Math.round((at - moment) / 1000);

async function main(options: Options): Promise<void> {
  const logs = new WatchedLogs();
  const cases = [...casesOfSystem, ...backupCases, ...logCases(logs)];
  const chosen = cases.filter(({ name }) => !options.only || options.only.some((text) => name.includes(text)));
  if (chosen.length === 0)
    throw new Error(`no case is called '${options.only?.join("', '")}'; there are: ${names(cases)}`);
  const cleanup = new Cleanup();
  const stop = () => void cleanup.run().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const outcomes: Outcome[] = [];
  let system: System | undefined;
  try {
    system = await System.start(cleanup, log);
    log('loading the sample');
    await loadSample(system.url, system.apiKey, AbortSignal.timeout(sampleSeconds * 1000));
    log('starting what keeps copies of a database');
    const kept = await KeptDatabase.start(system.folder, options.postgres, cleanup);
    const pace = { scrapeSeconds, longestForSeconds: options.longestFor };
    await logs.start(system.folder, cleanup);
    const beside = { backup: kept.metricsPort, 'log-watch': logs.metricsPort };
    const watchers = await Watchers.start(system, beside, options.programs, pace, cleanup);
    log(`Prometheus is at ${watchers.prometheusUrl}`);
    await requireTargets(watchers);
    await requireQuiet(system, watchers);
    for (const one of chosen) {
      log(`${one.name} ...`);
      const outcome = await tell(one, system, kept, watchers);
      for (const { alert, webhookAfter, mailAfter, resolvedAfter } of outcome.told)
        log(`  ${alert}: webhook ${webhookAfter} s, mail ${mailAfter} s, its end ${resolvedAfter} s`);
      for (const fault of outcome.faults) log(`  NOT GOOD: ${fault}`);
      outcomes.push(outcome);
    }
    log(`the last heartbeat is ${Math.round(watchers.receivers.heartbeatAgeSeconds)} s old`);
  } finally {
    if (options.keep && system)
      cpSync(system.folder, options.keep, { recursive: true, filter: (file) => !/postgres(-disk)?$/.test(file) });
    await cleanup.run();
  }
  process.stdout.write(`${asTable(outcomes.flatMap(({ told }) => told))}\n`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(outcomes, null, 2)}\n`);
  if (outcomes.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

async function requireTargets(watchers: Watchers): Promise<void> {
  const isUp = await until(upSeconds, async () => {
    const found = await watchers.targets();
    return found.length > 0 && found.every(({ health }) => health === 'up');
  });
  const targets = await watchers.targets();
  const down = targets.filter(({ health }) => health !== 'up');
  if (!isUp) throw new Error(`not up: ${down.map(({ labels, lastError }) => `${labels.job} ${lastError}`).join('; ')}`);
  log(`all of ${targets.length} targets are up`);
}

async function requireQuiet(system: System, watchers: Watchers): Promise<void> {
  await use(system, watchers.gatewayUrl, quietSeconds);
  const firing = await watchers.firing();
  if (firing.length > 0) throw new Error(`alerts fire without a fault: ${firing.map(inWords).join('; ')}`);
  log('nothing fires but the Watchdog');
}

const inWords = ({ name, description }: Firing) => `${name} (${description})`;
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join('; ');

/** Makes the fault, waits for what is told of it, ends it, and waits for the end to be told. */
async function tell(
  { name, alerts, mayFollow = [], lasting = [], shortened = {}, inject }: Case,
  system: System,
  kept: KeptDatabase,
  watchers: Watchers,
): Promise<Outcome> {
  const before = new Set((await watchers.firing()).map(({ name }) => name));
  const began = Date.now();
  const end = await inject(system, kept);
  await watchers.shorten(failuresOfCopies, { alerts, shortened });
  const fired = new Map<string, Firing & { after: number }>();
  const look = async () => {
    for (const alert of await watchers.firing()) {
      if (!before.has(alert.name) && !fired.has(alert.name)) {
        fired.set(alert.name, { ...alert, after: since(began) });
        log(`  ${since(began)} s: ${alert.severity} ${inWords(alert)}`);
      }
    }
  };
  const isTold = (alert: string) => (['webhook', 'mail'] as const).every((by) => toldBy(by, alert, 'FIRING'));
  const toldBy = (by: Message['by'], alert: string, state: string, after = began) =>
    watchers.receivers.messages.find(
      (message) => message.by === by && message.at > after && message.text.includes(`[${state}] production: ${alert}`),
    );
  const isComplete = await until(longestToFireSeconds, async () => {
    await look();
    return alerts.every((alert) => fired.has(alert) && isTold(alert));
  });
  const rest = Date.now();
  while (since(rest) < quietSeconds) {
    await look();
    await sleep(2_000);
  }
  const ended = Date.now();
  await end();
  const told = [...fired.values()]
    .map(({ name }) => name)
    // What another explains is kept back, its end too.
    .filter((alert) => toldBy('webhook', alert, 'FIRING') && !lasting.includes(alert));
  // What followed may be over before the fault is.
  const isOver = async (alert: string) =>
    (['webhook', 'mail'] as const).every((by) => toldBy(by, alert, 'RESOLVED', toldBy(by, alert, 'FIRING')?.at)) &&
    !(await watchers.firing()).some(({ name }) => name === alert);
  const areResolved = await until(longestToResolveSeconds, async () =>
    (await Promise.all(told.map(isOver))).every(Boolean),
  );
  await watchers.shorten(failuresOfCopies);
  const unexpected = [...fired.keys()].filter((alert) => ![...alerts, ...mayFollow].includes(alert));
  return {
    told: [...fired.values()].map(({ name: alert, severity, description, after }) => {
      const at = (by: Message['by']) => toldBy(by, alert, 'FIRING')?.at;
      const resolved = toldBy('mail', alert, 'RESOLVED', at('mail'))?.at;
      return {
        ...{ case: name, alert, severity, description, firesAfter: after },
        webhookAfter: at('webhook') && since(began, at('webhook')),
        mailAfter: at('mail') && since(began, at('mail')),
        resolvedAfter: resolved && Math.max(0, since(ended, resolved)),
      };
    }),
    faults: [
      ...(isComplete
        ? []
        : [`not all of ${alerts.join(', ')} were told: fired are ${[...fired.keys()].join(', ') || 'none'}`]),
      ...(areResolved ? [] : [`the end of ${told.join(', ')} was not told`]),
      ...unexpected.map((alert) => `${alert} fired too`),
    ],
  };
}

function asTable(rows: readonly Told[]): string {
  const heads = [
    'Fault',
    'Alert',
    'Severity',
    'Fires after s',
    'Webhook after s',
    'Mail after s',
    'End told after s',
    'Text',
  ];
  const lines = rows.map((row) => [
    ...[row.case, row.alert, row.severity, row.firesAfter, row.webhookAfter ?? 'none', row.mailAfter ?? 'none'],
    ...[row.resolvedAfter ?? 'none', row.description],
  ]);
  return markdownTable(heads, lines);
}

function parseSeconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('allowed: whole seconds, 1 to 99999');
  return Number(text);
}

const options = new Command('npm run e2e:alerts --')
  .description(
    "Hurts the whole application, run on this machine, and shows what production's alerts tell of it, by mail and webhook.",
  )
  .requiredOption('--programs <folder>', 'where prometheus, alertmanager and the exporters are')
  .option(
    '--postgres <folder>',
    'programs of a PostgreSQL and its clients, of one version',
    '/usr/lib/postgresql/15/bin',
  )
  .option('--longest-for <seconds>', 'how long an alert is pending at most', parseSeconds, 300)
  .option('--only <text...>', 'cases whose name contains one of the texts')
  .option('--json <file>', 'write the result there too')
  .option('--keep <folder>', 'copy the logs there at the end')
  .parse()
  .opts<Options>();

main(options).catch((error: Error) => {
  process.stderr.write(`alerts: ${error.message}\n`);
  process.exitCode = 1;
});
