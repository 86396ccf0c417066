/** What Prometheus tells of a span of time; undefined where it has no sample of it. */
export interface Reading {
  requests: number | undefined;
  /** Answers with a status of 500 or more. */
  failedRequests: number | undefined;
  p99Seconds: number | undefined;
  /** Of processes of the application. */
  restarts: number | undefined;
  /** The longest that a job waited. */
  oldestJobSeconds: number | undefined;
  /** Attempts at jobs that ended. */
  jobs: number | undefined;
  failedJobs: number | undefined;
}

/** One thing that is compared. */
export interface Finding {
  measure: string;
  /** For people. */
  before: string;
  after: string;
  limit: string;
  state: 'good' | 'bad' | 'unknown';
}

export interface Verdict {
  state: 'good' | 'bad' | 'inconclusive';
  findings: readonly Finding[];
}

/** Below it one failed request would be a verdict. */
export const fewestRequests = 300;
/** Fewer may be those that were under way. */
const fewestFailed = 3;
const fewestJobs = 20;
/** The objectives of the API (constructs/api/alerts.ts). */
const failedShare = 0.001;
const slowSeconds = 2;
/** Below it twice as slow is noise. */
const quickSeconds = 0.25;
const waitingSeconds = 300;
const failedJobShare = 0.05;

/**
 * Compares a release with what ran before it. What is bad is bad however little is known of the rest; what is not known makes the
 * whole inconclusive.
 *
 * @param before undefined for the first release of an environment, which is held to the objectives alone
 */
export function judge(before: Reading | undefined, after: Reading): Verdict {
  const findings = [
    requestsOf(before, after),
    failuresOf(before, after),
    slownessOf(before, after),
    restartsOf(before, after),
    waitingOf(before, after),
    failedJobsOf(before, after),
  ];
  const states = findings.map(({ state }) => state);
  if (states.includes('bad')) return { state: 'bad', findings };
  return { state: states.includes('unknown') ? 'inconclusive' : 'good', findings };
}

/** What of a verdict is in one of the states, in one line. */
export const findingsText = ({ findings }: Verdict, wanted: Finding['state']): string =>
  findings
    .filter(({ state }) => state === wanted)
    .map(({ measure, after, limit }) => `${measure} ${after}, limit ${limit}`)
    .join('; ');

const number = (value: number | undefined): string => (value === undefined ? '?' : `${Math.round(value)}`);
const percent = (value: number | undefined): string => (value === undefined ? '?' : `${(value * 100).toFixed(2)} %`);
const seconds = (value: number | undefined): string => (value === undefined ? '?' : `${value.toFixed(3)} s`);

const isEnough = (reading: Reading | undefined): boolean => (reading?.requests ?? 0) >= fewestRequests;

const stateOf = (value: number | undefined, limit: number | undefined): Finding['state'] => {
  if (value === undefined || limit === undefined) return 'unknown';
  return value > limit ? 'bad' : 'good';
};

function requestsOf(before: Reading | undefined, after: Reading): Finding {
  const isKnown = isEnough(after) && (before === undefined || isEnough(before));
  return {
    measure: 'requests',
    before: number(before?.requests),
    after: number(after.requests),
    limit: `${fewestRequests} or more`,
    state: isKnown ? 'good' : 'unknown',
  };
}

function failuresOf(before: Reading | undefined, after: Reading): Finding {
  const [was, is] = [before, after].map((each) => shareOf(each?.failedRequests, each?.requests));
  const limit = Math.max(was ?? 0, failedShare);
  const isFew = (after.failedRequests ?? 0) < fewestFailed;
  return {
    measure: '5xx',
    before: percent(was),
    after: percent(is),
    limit: percent(limit),
    state: isFew && is !== undefined ? 'good' : stateOf(is, limit),
  };
}

function slownessOf(before: Reading | undefined, after: Reading): Finding {
  const was = isEnough(before) ? before?.p99Seconds : undefined;
  const limit = was === undefined ? slowSeconds : Math.max(2 * was, quickSeconds);
  return {
    measure: 'p99',
    before: seconds(was),
    after: seconds(after.p99Seconds),
    limit: seconds(limit),
    state: isEnough(after) ? stateOf(after.p99Seconds, limit) : 'unknown',
  };
}

function restartsOf(before: Reading | undefined, after: Reading): Finding {
  const limit = before?.restarts ?? 0;
  return {
    measure: 'restarts',
    before: number(before?.restarts),
    after: number(after.restarts),
    limit: number(limit),
    state: stateOf(after.restarts, limit),
  };
}

function waitingOf(before: Reading | undefined, after: Reading): Finding {
  const limit = Math.max(2 * (before?.oldestJobSeconds ?? 0), waitingSeconds);
  return {
    measure: 'oldest job',
    before: seconds(before?.oldestJobSeconds),
    after: seconds(after.oldestJobSeconds),
    limit: seconds(limit),
    state: stateOf(after.oldestJobSeconds, limit),
  };
}

/** Where hardly any job ends nothing is said: what matters then is whether one waits. */
function failedJobsOf(before: Reading | undefined, after: Reading): Finding {
  const [was, is] = [before, after].map((each) => shareOf(each?.failedJobs, each?.jobs));
  const limit = Math.max(2 * (was ?? 0), failedJobShare);
  return {
    measure: 'failed jobs',
    before: percent(was),
    after: percent(is),
    limit: percent(limit),
    state: (after.jobs ?? 0) < fewestJobs ? 'good' : stateOf(is, limit),
  };
}

const shareOf = (part: number | undefined, whole: number | undefined): number | undefined =>
  whole ? (part ?? 0) / whole : undefined;
