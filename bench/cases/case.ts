import type { Side, Stack } from '../stack';

/** What a case is run with. */
export interface CaseContext {
  stack: Stack;
  rounds: number;
  /** Length of one measurement under load. */
  seconds: number;
  connections: number;
  /** API processes on each side. */
  processes: number;
  /** The CSV file to import. */
  importFile: string;
  log(line: string): void;
}

/** One measurement of one side. */
export interface Measurement {
  value: number;
  p50Milliseconds?: number;
  p99Milliseconds?: number;
  errors?: number;
  /** CPU time of the side's own processes and of PostgreSQL and Redis, for each request or job. */
  cpuMicroseconds?: { own: number; shared: number };
}

/** What a case measured, one measurement for each round and side. */
export interface Comparison {
  name: string;
  title: string;
  unit: string;
  better: 'more' | 'less';
  /** What stands on the other side where it is not the same thing as elsewhere. */
  against: string;
  /** The ratio that is aimed at, such as 4 for "four times the baseline". */
  target?: number;
  measurements: Record<Side, Measurement[]>;
}

/** A thing to compare; it may give several comparisons. */
export interface Case {
  name: string;
  summary: string;
  run(context: CaseContext): Promise<Comparison[]>;
}
