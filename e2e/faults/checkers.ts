import type { Answer, HealthSample, History } from './history';

const nearMilliseconds = 1_500;

/** Accepted jobs that have no record, or whose record does not say that they are done. */
export const lostJobs = ({ accepted, records }: History): string[] => {
  const completed = new Set(records.filter(({ state }) => state === 'completed').map(({ id }) => id));
  return accepted.filter((id) => !completed.has(id));
};

/** Jobs that ended twice: recorded more than once, or completed and yet among those that failed for good. */
export const doubleEndings = ({ records, deadLetters }: History): string[] => {
  const completed = records.filter(({ state }) => state === 'completed').map(({ id }) => id);
  return [...repeated(records.map(({ id }) => id)), ...completed.filter((id) => deadLetters.includes(id))];
};

/** Rows of accepted jobs that are not stored. */
export const lostRows = ({ expectedRows, storedRows }: History): string[] => {
  const stored = new Set(storedRows);
  return expectedRows.filter((row) => !stored.has(row));
};

/** Rows that are stored more than once. */
export const doubledRows = ({ storedRows }: History): string[] => repeated(storedRows);

/** Rows that are stored though nobody asked for them. */
export const unexpectedRows = ({ attemptedRows, storedRows }: History): string[] => {
  const attempted = new Set(attemptedRows);
  return storedRows.filter((row) => !attempted.has(row));
};

/** Rows of jobs whose acceptance nobody heard of, and which are stored all the same: no harm, as they were asked for. */
export const unheardRows = ({ attemptedRows, expectedRows, storedRows }: History): string[] => {
  const heard = new Set(expectedRows);
  const attempted = new Set(attemptedRows);
  return storedRows.filter((row) => attempted.has(row) && !heard.has(row));
};

/** Jobs that were begun more than once: what is delivered at least once may be. */
export const jobsRunAgain = ({ records }: History): string[] =>
  records.filter(({ attempts }) => attempts > 1).map(({ id }) => id);

/** Answers that are neither what was asked for nor an honest 503: other server errors, no answer in time, cut off. */
export const hiddenErrors = ({ answers }: History): History['answers'] =>
  answers.filter(({ outcome }) =>
    typeof outcome === 'number' ? outcome >= 500 && outcome !== 503 : outcome !== 'refused',
  );

/** Requests that did not get what they asked for. */
export const failedAnswers = ({ answers }: History): Answer[] =>
  answers.filter(({ outcome }) => !(typeof outcome === 'number' && outcome < 400));

/** Answers to what was asked before the fault, from its beginning until all was well, and afterwards. */
export function phases({ answers, faultBegan, recovered = Number.POSITIVE_INFINITY }: History) {
  return {
    before: answers.filter(({ at }) => at < faultBegan),
    during: answers.filter(({ at }) => at >= faultBegan && at < recovered),
    after: answers.filter(({ at }) => at >= recovered),
  };
}

/** Milliseconds within which 99 of 100 requests ended, however they ended. */
export function p99(answers: readonly Answer[]): number | undefined {
  const sorted = answers.map(({ took }) => took).sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1];
}

/** Seconds of the longest time in which no job was accepted. */
export function longestWithoutJob({ answers }: History): number {
  const ends = answers.map(({ at, took }) => at + took);
  const accepted = answers.filter(({ what, outcome }) => what === 'submit' && Number(outcome) < 400);
  const moments = [Math.min(...ends), ...accepted.map(({ at, took }) => at + took), Math.max(...ends)];
  moments.sort((one, other) => one - other);
  const waits = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  return Math.round(Math.max(0, ...waits) / 100) / 10;
}

/** Moments at which the API said ok though what was asked of it just before and just after failed. */
export const falseOks = ({ health, answers }: History): HealthSample[] => {
  const failed = answers.filter(({ what, outcome }) => what !== 'cached' && !(Number(outcome) < 500));
  const succeeded = answers.filter(({ what, outcome }) => what !== 'cached' && Number(outcome) < 500);
  const isNear = (at: number, from: number, to: number) => at >= from && at <= to;
  return health.filter(
    ({ role, status, at }) =>
      role === 'api' &&
      status === 'ok' &&
      failed.some((answer) => isNear(answer.at, at - nearMilliseconds, at)) &&
      failed.some((answer) => isNear(answer.at, at, at + nearMilliseconds)) &&
      !succeeded.some((answer) => isNear(answer.at, at - nearMilliseconds, at + nearMilliseconds)),
  );
};

/** Seconds from the end of the fault until all was well again; undefined when it never was. */
export const recoverySeconds = ({ faultEnded, recovered }: History): number | undefined =>
  recovered === undefined ? undefined : Math.round((recovered - faultEnded) / 100) / 10;

/** The worst each role said in a span of time, such as "degraded: queue, schedules". */
export function worstHealth({ health }: History, from: number, to: number): Record<string, string> {
  const severity: HealthSample['status'][] = ['ok', 'degraded', 'unavailable', 'no answer'];
  const said: Record<string, string> = {};
  for (const role of new Set(health.map((sample) => sample.role))) {
    const samples = health.filter((sample) => sample.role === role && sample.at >= from && sample.at <= to);
    const worst = samples.reduce((most, { status }) => Math.max(most, severity.indexOf(status)), -1);
    const failed = new Set(samples.flatMap((sample) => sample.failed));
    said[role] = `${severity[worst] ?? 'not asked'}${failed.size > 0 ? `: ${[...failed].sort().join(', ')}` : ''}`;
  }
  return said;
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => seen.size === seen.add(text).size);
}
