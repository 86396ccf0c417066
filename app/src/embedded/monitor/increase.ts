import type { Course } from './samples';

/**
 * By how much a counter rose within a range, as Prometheus computes it: what is missing at the ends of the range is
 * extrapolated (extrapolatedRate in its promql/functions.go).
 *
 * @returns undefined where there are too few samples to tell
 */
export function increase(course: Course, after: number, until: number): number | undefined {
  const { count, start, end, first, last, lost } = course;
  if (count < 2) return undefined;
  const risen = last - first + lost;
  const sampled = end - start;
  const spacing = sampled / (count - 1);
  // Where the next sample is missing, the series is taken to end half way to it.
  const missing = (gap: number) => (gap >= spacing * 1.1 ? spacing / 2 : gap);
  // A counter was not below zero.
  const sinceZero = risen > 0 && first >= 0 ? sampled * (first / risen) : Number.POSITIVE_INFINITY;
  const whole = sampled + Math.min(missing(start - after), sinceZero) + missing(until - end);
  return risen * (whole / sampled);
}
