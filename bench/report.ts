import type { Comparison, Measurement } from './cases/case';

interface Spread {
  median: number;
  least: number;
  most: number;
}

/** One line of the report. */
interface Row {
  name: string;
  title: string;
  against: string;
  unit: string;
  better: 'more' | 'less';
  rounds: number;
  app: Spread;
  baseline: Spread;
  /** Median of the application over median of the baseline, and the least and most of any one round. */
  ratio: Spread;
  target: number | null;
  isMet: boolean | null;
  p50Milliseconds: { app: number; baseline: number } | null;
  p99Milliseconds: { app: number; baseline: number } | null;
  cpuMicroseconds: { app: { own: number; shared: number }; baseline: { own: number; shared: number } } | null;
  errors: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1
      ? (sorted[middle] as number)
      : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
  return { median, least: sorted[0] as number, most: sorted.at(-1) as number };
}

function medianOf(
  { app, baseline }: Comparison['measurements'],
  value: (measurement: Measurement) => number | undefined,
): { app: number; baseline: number } | null {
  const of = (measurements: Measurement[]) => measurements.map(value).filter((number) => number !== undefined);
  const [ours, theirs] = [of(app), of(baseline)];
  return ours.length > 0 && theirs.length > 0 ? { app: spread(ours).median, baseline: spread(theirs).median } : null;
}

function rowOf({ name, title, against, unit, better, target, measurements }: Comparison): Row {
  const { app, baseline } = measurements;
  const [ours, theirs] = [spread(app.map(({ value }) => value)), spread(baseline.map(({ value }) => value))];
  const perRound = spread(app.map(({ value }, round) => value / (baseline[round]?.value ?? Number.NaN)));
  const ratio = { ...perRound, median: ours.median / theirs.median };
  const own = medianOf(measurements, ({ cpuMicroseconds }) => cpuMicroseconds?.own);
  const shared = medianOf(measurements, ({ cpuMicroseconds }) => cpuMicroseconds?.shared);
  return {
    name,
    title,
    against,
    unit,
    better,
    rounds: app.length,
    app: ours,
    baseline: theirs,
    ratio,
    target: target ?? null,
    isMet: target === undefined ? null : better === 'more' ? ratio.median >= target : ratio.median <= target,
    p50Milliseconds: medianOf(measurements, ({ p50Milliseconds }) => p50Milliseconds),
    p99Milliseconds: medianOf(measurements, ({ p99Milliseconds }) => p99Milliseconds),
    cpuMicroseconds:
      own && shared
        ? {
            app: { own: own.app, shared: shared.app },
            baseline: { own: own.baseline, shared: shared.baseline },
          }
        : null,
    errors: [...app, ...baseline].reduce((sum, { errors }) => sum + (errors ?? 0), 0),
  };
}

const number = (value: number): string =>
  Number.isNaN(value)
    ? '-'
    : value >= 100
      ? Math.round(value).toLocaleString('en-US')
      : value.toFixed(value >= 10 ? 1 : 2);
const spreadText = ({ median, least, most }: Spread, text = number): string =>
  least === most ? text(median) : `${text(median)} (${text(least)}-${text(most)})`;
const times = (value: number): string => `${value.toFixed(2)}x`;

const headings = ['case', 'unit', 'application', 'baseline', 'ratio', 'aim', 'p50 ms', 'p99 ms', 'CPU us', 'errors'];
const isNumeric = headings.map((heading) => !['case', 'unit', 'aim'].includes(heading));

function cells(row: Row): string[] {
  const pair = (values: { app: number; baseline: number } | null) =>
    values ? `${number(values.app)} / ${number(values.baseline)}` : '';
  const aim =
    row.target === null ? '' : `${row.better === 'more' ? '>=' : '<='} ${row.target}x ${row.isMet ? 'met' : 'missed'}`;
  const cpu = row.cpuMicroseconds;
  const cpuText = ({ own, shared }: { own: number; shared: number }) =>
    Number.isNaN(shared) ? number(own) : `${number(own)}+${number(shared)}`;
  return [
    `${row.title} (${row.against})`,
    row.unit,
    spreadText(row.app),
    spreadText(row.baseline),
    spreadText(row.ratio, times),
    aim,
    pair(row.p50Milliseconds),
    pair(row.p99Milliseconds),
    cpu ? `${cpuText(cpu.app)} / ${cpuText(cpu.baseline)}` : '',
    String(row.errors),
  ];
}

/** What was measured, with the machine and the settings it was measured with. */
export interface Report {
  measuredOn: string;
  settings: string[];
  rows: Row[];
}

export const createReport = (measuredOn: string, settings: string[], comparisons: Comparison[]): Report => ({
  measuredOn,
  settings,
  rows: comparisons.map(rowOf),
});

const notes = [
  'Median of the rounds, with the least and the most in parentheses; the ratio is application / baseline, of the medians.',
  'CPU us: CPU time for each request or job, of the own processes + of PostgreSQL and Redis.',
];

/** An aligned table for people at a terminal. */
export function asTable({ measuredOn, settings, rows }: Report): string {
  const lines = [headings, ...rows.map(cells)];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number),
      )
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', ...notes, measuredOn, ...settings].join('\n');
}

/** A Markdown table, with what it was measured on. */
export function asMarkdown({ measuredOn, settings, rows }: Report): string {
  const line = (values: string[]) => `| ${values.join(' | ')} |`;
  const rule = line(isNumeric.map((numeric) => (numeric ? '--:' : '---')));
  const table = [line(headings), rule, ...rows.map((row) => line(cells(row)))];
  return [
    `Measured on ${measuredOn}.`,
    '',
    ...settings.map((setting) => `- ${setting}`),
    '',
    ...table,
    '',
    ...notes,
  ].join('\n');
}
