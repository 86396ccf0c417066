/** What the operations view draws. */
interface ChartedExpression {
  readonly chart: string;
  readonly expression: string;
  /** Name of its line. */
  readonly line: string;
  /** The label by which each series is a line of its own. */
  readonly by?: string;
}

const requests = (matcher = '') => `sum(rate(http_requests_total${matcher}[1m]))`;
const latency = (share: number): ChartedExpression => ({
  chart: 'latency',
  line: `p${share * 100}`,
  expression: `histogram_quantile(${share}, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))`,
});

/** Every line of the charts, over one minute where it is a rate. */
export const chartedExpressions: readonly ChartedExpression[] = [
  { chart: 'requests', line: 'requests', expression: requests() },
  latency(0.5),
  latency(0.95),
  latency(0.99),
  { chart: 'errors', line: 'errors', expression: `(${requests('{status=~"5.."}')} or vector(0)) / ${requests()}` },
  { chart: 'jobs', line: 'waiting', expression: 'sum(jobs_unfinished{state=~"accepted|queued"})' },
  { chart: 'jobs', line: 'active', expression: 'sum(jobs_unfinished{state="active"})' },
  { chart: 'oldest', line: 'oldest', expression: 'max(bullmq_queue_oldest_waiting_seconds)' },
  { chart: 'lag', line: 'lag', by: 'dataset', expression: 'max by (dataset) (dataset_lag_trading_days)' },
];
