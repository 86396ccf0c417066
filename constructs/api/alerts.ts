import type { Alert, Recording } from '../workload/observations';

/** What of the API's requests is to go well, and how the share that does not is computed. */
interface Objective {
  /** Begins the names of its series and alerts. */
  readonly name: string;
  /** Share of requests that may go wrong over 30 days. */
  readonly budget: number;
  readonly means: string;
  /** Share of requests that went wrong within a range. */
  readonly badShare: (range: string) => string;
}

const badRequests = (range: string) => `sum(rate(http_requests_total{status=~"5.."}[${range}]))`;
const allRequests = (range: string) => `sum(rate(http_requests_total[${range}]))`;
const timedRequests = (range: string) => `sum(rate(http_request_duration_seconds_count[${range}]))`;
// Prometheus 3 writes this bound 2.0, those before it as the process does.
const requestsWithin2Seconds = (range: string) =>
  `sum(rate(http_request_duration_seconds_bucket{le=~"2|2.0"}[${range}]))`;

const availability: Objective = {
  name: 'Error',
  budget: 0.001,
  means: 'answers with a status of 500 or more',
  badShare: (range) => `(${badRequests(range)} or vector(0)) / ${allRequests(range)}`,
};
const latency: Objective = {
  name: 'Latency',
  budget: 0.01,
  means: 'answers that took more than 2 s',
  badShare: (range) => `1 - ${requestsWithin2Seconds(range)} / ${timedRequests(range)}`,
};
const objectives = [availability, latency];

/** The ranges that the alerts below compare; https://sre.google/workbook/alerting-on-slos/ */
const ranges = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
const shareOf = ({ name }: Objective, range: string) => `api:${name.toLowerCase()}_share:rate${range}`;

/** The share of requests that went wrong within each range. */
export const apiRecordings: readonly Recording[] = objectives.flatMap((objective) =>
  ranges.map((range) => ({ name: shareOf(objective, range), expression: objective.badShare(range) })),
);

/** True where both a long and a short range spend the budget so many times too fast: it matters, and it still goes on. */
const burns = (objective: Objective, times: number, long: string, short: string) =>
  [long, short].map((range) => `${shareOf(objective, range)} > ${times} * ${objective.budget}`).join(' and ');

const budgetAlerts = objectives.flatMap((objective): Alert[] => [
  {
    name: `Api${objective.name}BudgetBurnsFast`,
    expression: `(${burns(objective, 14.4, '1h', '5m')}) or (${burns(objective, 6, '6h', '30m')})`,
    forSeconds: 120,
    severity: 'critical',
    summary: `The API's ${objective.name.toLowerCase()} budget of 30 days is gone within days`,
    description: `{{ $value | humanizePercentage }} of requests are ${objective.means}; ${objective.budget * 100} % may be`,
    explains: [`Api${objective.name}BudgetBurnsSlowly`],
  },
  {
    name: `Api${objective.name}BudgetBurnsSlowly`,
    expression: `(${burns(objective, 3, '1d', '2h')}) or (${burns(objective, 1, '3d', '6h')})`,
    forSeconds: 900,
    severity: 'warning',
    summary: `The API's ${objective.name.toLowerCase()} budget of 30 days does not last them`,
    description: `{{ $value | humanizePercentage }} of requests are ${objective.means}; ${objective.budget * 100} % may be`,
  },
]);

/** What the API's people are told of; the first two are the manual's (4.2). */
export const apiAlerts: readonly Alert[] = [
  {
    name: 'HighErrorRate',
    expression: 'sum(rate(http_requests_total{status=~"5.."}[5m])) > 0.1',
    forSeconds: 120,
    severity: 'critical',
    summary: 'High error rate detected',
    description: 'Error rate is {{ $value | printf "%.2f" }} errors per second',
  },
  {
    name: 'HighResponseTime',
    expression: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 2',
    forSeconds: 300,
    severity: 'warning',
    summary: 'High response time',
    description: '95th percentile response time is {{ $value | printf "%.2f" }} s',
  },
  {
    name: 'LogRecordsLost',
    expression: 'sum by (instance, file) (increase(log_records_lost_total[10m])) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Log records do not reach their file',
    description: '{{ $value | printf "%.0f" }} records were not written to {{ $labels.file }}.log in 10 minutes',
  },
  ...budgetAlerts,
];
