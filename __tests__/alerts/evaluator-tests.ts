import { chartedExpressions } from '../../app/src/embedded/monitor/charts';
import { readExpression } from '../../app/src/embedded/monitor/expression';
import rules from '../../app/src/embedded/monitor/rules.json';
import { type Labels, Samples } from '../../app/src/embedded/monitor/samples';
import type { Vector } from '../../app/src/embedded/monitor/vector';
import type { Series } from './alert-case';
import { readSeries, stale } from './series';

const intervalSeconds = 15;
/** As long as every sample is kept; rules that look back further see what there is. */
const moments = 60;
const asked = [1, 7, 22, 45, 59];
const worlds = 5;

/** Numbers that look like chance and are the same each time, below 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** The values of a series that is away at times; a counter rises, and begins anew at times. */
function walk(next: () => number, isCounter: boolean, most: number): string {
  let value = Math.floor(next() * most);
  return Array.from({ length: moments }, () => {
    if (next() < 0.05) return stale;
    if (next() < 0.03) value = 0;
    value = isCounter ? value + Math.floor(next() * most) : Math.floor(next() * most);
    return String(value);
  }).join(' ');
}

const each = (name: string, label: string, values: readonly string[], others = '') =>
  values.map((value) => `${name}{${label}="${value}"${others}}`);

/** The series that the rules look at, by how high they go. */
const counters: ReadonlyArray<[most: number, series: readonly string[]]> = [
  [9, each('http_requests_total', 'status', ['200', '404', '500', '503'], ', route="/"')],
  [9, each('http_request_duration_seconds_bucket', 'le', ['0.5', '2', '5', '+Inf'], ', route="/"')],
  [9, each('http_request_duration_seconds_bucket', 'le', ['0.5', '2', '5', '+Inf'], ', route="/a"')],
  [9, each('http_request_duration_seconds_count', 'route', ['/', '/a'])],
  [1.1, each('log_records_lost_total', 'file', ['api', 'worker'], ', instance="a"')],
  [2, each('job_timeouts_total', 'kind', ['soft', 'hard'])],
  [9, each('ingest_rows_total', 'result', ['inserted', 'quarantined'], ', dataset="daily", source="wind"')],
  [9, each('ingest_rows_total', 'result', ['inserted', 'quarantined'], ', dataset="suspend", source="wind"')],
  [1.1, each('source_requests_total', 'outcome', ['ok', 'rate_limit'], ', source="wind", api="daily"')],
];
const gauges: ReadonlyArray<[most: number, series: readonly string[]]> = [
  [900, each('jobs_unfinished', 'state', ['waiting', 'accepted', 'queued'])],
  [2, each('jobs_unfinished', 'state', ['active'])],
  [4000, each('bullmq_queue_oldest_waiting_seconds', 'queue', ['a', 'b'])],
  [2, each('schedule_faulty', 'schedule', ['quotes', 'calendar'])],
  [2, ['dlq_size']],
  [8, each('dataset_lag_trading_days', 'dataset', ['daily', 'suspend', 'symbol_alias'])],
  [2, each('dataset_loaded', 'dataset', ['daily', 'suspend'])],
  [3, each('dataset_missing_trading_days', 'dataset', ['daily', 'suspend'])],
  [60 * 86_400, ['stock_data_partitioned_until_seconds']],
  [10 * 86_400, ['trading_calendar_until_seconds']],
  [2, each('source_breaker_open', 'api', ['daily', 'suspend'], ', source="wind"')],
];

function worldOf(seed: number): Series {
  const next = chance(seed);
  const of =
    (isCounter: boolean) =>
    ([most, series]: [number, readonly string[]]) =>
      series.map((name): [string, string] => [name, walk(next, isCounter, most)]);
  return Object.fromEntries([...counters.flatMap(of(true)), ...gauges.flatMap(of(false))]);
}

const recordings = rules.recordings.map(({ name, expression }) => ({ name, ...readExpression(expression) }));
const expressions = [...rules.recordings, ...rules.alerts, ...chartedExpressions].map(({ expression }) => expression);

/** So that the last digits, in which orders of adding differ, do not count. */
const perUnit = 1e6;
const rounded = (value: number) => Math.floor(value * perUnit + 0.5) / perUnit;

const written = (labels: Labels) =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;

/** What our evaluator gives for every expression at some moments of a world, as promtool's expectations. */
function expectationsOf(series: Series) {
  const samples = new Samples();
  const samplesAt = readSeries(series);
  return Array.from({ length: moments }, (_, index) => {
    const seconds = index * intervalSeconds;
    samples.record(seconds, samplesAt(index));
    if (!asked.includes(index)) return [];
    const recorded = new Map<string, Vector>();
    const moment = { seconds, samples, recorded };
    for (const { name, at } of recordings) recorded.set(name, at(moment));
    return expressions
      .map((expression) => ({ expression, vector: readExpression(expression).at(moment) }))
      .filter(({ vector }) => vector.every(({ value }) => Number.isFinite(value)))
      .map(({ expression, vector }) => ({
        expr: `round(${expression}, 1 / ${perUnit})`,
        eval_time: `${seconds}s`,
        exp_samples: vector.map(({ labels, value }) => ({ labels: written(labels), value: rounded(value) })),
      }));
  }).flat();
}

/** promtool's tests of the evaluator of the embedded product, in worlds that chance made. */
export const evaluatorTests = (): object[] =>
  Array.from({ length: worlds }, (_, seed) => {
    const series = worldOf(seed + 1);
    return {
      name: `the embedded product computes what Prometheus does, in world ${seed + 1}`,
      interval: `${intervalSeconds}s`,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: expectationsOf(series),
    };
  });
