import type { HealthSample, History } from './history';

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

/** Answers that are neither what was asked for nor an honest 503: other server errors, no answer in time, cut off. */
export const hiddenErrors = ({ answers }: History): History['answers'] =>
  answers.filter(({ outcome }) =>
    typeof outcome === 'number' ? outcome >= 500 && outcome !== 503 : outcome !== 'refused',
  );

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
