import { arch, cpus, loadavg, platform } from 'node:os';
import { markdownTable } from '../markdown-table';
import type { Told } from './alert-watch';
import type { Fault } from './cases/fault';
import {
  doubledRows,
  doubleEndings,
  failedAnswers,
  falseOks,
  hiddenErrors,
  jobsRunAgain,
  longestWithoutJob,
  lostJobs,
  lostRows,
  p99,
  phases,
  recoverySeconds,
  unexpectedRows,
  unheardRows,
  worstHealth,
} from './checkers';
import type { Answer, History } from './history';
import { judge, merged, type minSamples, type State, type Verdict } from './verdict';

/** Milliseconds within which 99 of 100 requests ended, and of how many. */
interface Latency {
  p99: number | undefined;
  requests: number;
}

/** What one fault did. */
export interface FaultResult {
  fault: string;
  expected: string;
  verdict: Verdict;
  /** Seconds from the fault's end until every role was well and a job was done; undefined when that never was. */
  rtoSeconds: number | undefined;
  /** Seconds of the longest time in which no job was accepted, with what the fault lasted. */
  longestWithoutJobSeconds: number;
  faultSeconds: number;
  rpo: { jobs: number; rows: number };
  duplicatedEffects: number;
  unexpectedRows: number;
  acceptedJobs: number;
  jobsRunAgain: number;
  /** Rows of jobs whose acceptance nobody heard of. */
  unheardRows: number;
  requests: number;
  failedRequests: number;
  /** Server errors other than 503, answers that did not come in time, connections cut. */
  hiddenErrors: number;
  falseOks: number;
  answers: Readonly<Record<string, number>>;
  latency: { before: Latency; during: Latency; after: Latency };
  healthDuring: Readonly<Record<string, string>>;
  healthAfter: Readonly<Record<string, string>>;
  /** Undefined where no Prometheus watched: nothing is said of alerts then. */
  alerts: { expected: readonly string[]; told: readonly Told[] } | undefined;
}

/** What a whole run says. */
export interface Report {
  schemaVersion: 1;
  verdict: Verdict;
  seed: number;
  startedAt: string;
  finishedAt: string;
  node: string;
  machine: string;
  loadAverages: { atStart: readonly number[]; atEnd: readonly number[] };
  isWatched: boolean;
  minSamples: typeof minSamples;
  /** Faults that were not injected, and why. */
  leftOut: readonly string[];
  faults: readonly FaultResult[];
}

export const machineInWords = (): string => `${platform()} ${arch()}, ${cpus().length} cores`;

export const loadAverages = (): number[] => loadavg().map((load) => Math.round(load * 10) / 10);

const latencyOf = (answers: readonly Answer[]): Latency => ({ p99: p99(answers), requests: answers.length });

function counted(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** What an alert that should have been told and was not makes of the verdict. */
export function judgeAlerts(expected: readonly string[], told: readonly Told[]): Verdict {
  const missing = expected.filter((alert) => !told.some((each) => each.alert === alert));
  return missing.length > 0
    ? { state: 'bad', reasons: [`not told: ${missing.join(', ')}`] }
    : { state: 'good', reasons: [] };
}

/**
 * @param troubles what went wrong while the fault was injected, beside what the history says
 * @param told undefined where no Prometheus watched
 */
export function resultOf(
  { name, expected, alerts = [] }: Pick<Fault, 'name' | 'expected' | 'alerts'>,
  history: History,
  troubles: readonly string[],
  told: readonly Told[] | undefined,
): FaultResult {
  const { before, during, after } = phases(history);
  const { faultBegan, faultEnded, recovered = faultEnded } = history;
  const verdicts: Verdict[] = [judge(history), { state: troubles.length > 0 ? 'bad' : 'good', reasons: troubles }];
  if (told) verdicts.push(judgeAlerts(alerts, told));
  return {
    fault: name,
    expected,
    verdict: merged(verdicts),
    rtoSeconds: recoverySeconds(history),
    longestWithoutJobSeconds: longestWithoutJob(history),
    faultSeconds: Math.round((faultEnded - faultBegan) / 100) / 10,
    rpo: { jobs: lostJobs(history).length, rows: lostRows(history).length },
    duplicatedEffects: doubledRows(history).length + doubleEndings(history).length,
    unexpectedRows: unexpectedRows(history).length,
    acceptedJobs: history.accepted.length,
    jobsRunAgain: jobsRunAgain(history).length,
    unheardRows: unheardRows(history).length,
    requests: history.answers.length,
    failedRequests: failedAnswers(history).length,
    hiddenErrors: hiddenErrors(history).length,
    falseOks: falseOks(history).length,
    answers: counted(history.answers),
    latency: { before: latencyOf(before), during: latencyOf(during), after: latencyOf(after) },
    healthDuring: worstHealth(history, faultBegan, faultEnded),
    healthAfter: worstHealth(history, recovered, Number.POSITIVE_INFINITY),
    alerts: told && { expected: alerts, told },
  };
}

/** A run of no fault says nothing. */
export const verdictOf = (faults: readonly FaultResult[]): Verdict =>
  faults.length === 0
    ? { state: 'unknown', reasons: ['no fault was injected'] }
    : merged(
        faults.map(({ fault, verdict: { state, reasons } }) => ({
          state,
          reasons: reasons.map((reason) => `${fault}: ${reason}`),
        })),
      );

const stateInWords: Readonly<Record<State, string>> = { good: 'good', unknown: 'UNKNOWN', bad: 'NOT GOOD' };

export const inWords = ({ state, reasons }: Verdict): string => [stateInWords[state], ...reasons].join(': ');

/** What was told of those that had to be, and what else was. */
export function alertsInWords(alerts: FaultResult['alerts']): string {
  if (!alerts) return 'not watched';
  const { expected, told } = alerts;
  const of = (alert: string) => {
    const after = told.find((each) => each.alert === alert)?.afterSeconds;
    return after === undefined ? `${alert} NOT TOLD` : `${alert} after ${after} s`;
  };
  const others = told.filter(({ alert }) => !expected.includes(alert)).map(({ alert }) => alert);
  const said = expected.length > 0 ? expected.map(of).join(', ') : 'none expected';
  return others.length > 0 ? `${said}; also ${others.join(', ')}` : said;
}

export const latencyInWords = ({ before, during, after }: FaultResult['latency']): string =>
  [before, during, after].map((latency) => latency.p99 ?? '–').join(' / ');

/** The report as a table of Markdown, a line for each fault. */
export const asTable = (faults: readonly FaultResult[]): string =>
  markdownTable(
    [
      'Fault',
      'Result',
      'RTO s',
      'Lost jobs / rows',
      'Doubled effects',
      'Failed / requests',
      'Errors besides 503',
      'p99 ms before / during / after',
      'Alerts',
    ],
    faults.map((row) => [
      row.fault,
      inWords(row.verdict),
      row.rtoSeconds ?? 'never',
      `${row.rpo.jobs} / ${row.rpo.rows}`,
      row.duplicatedEffects,
      `${row.failedRequests} / ${row.requests}`,
      row.hiddenErrors,
      latencyInWords(row.latency),
      alertsInWords(row.alerts),
    ]),
  );
