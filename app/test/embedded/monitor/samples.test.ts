import { Samples } from '../../../src/embedded/monitor/samples';

const counter = (value: number, labels = {}) => ({ name: 'a_total', labels, value });
const all = () => true;

test('keeps every reading of 15 minutes, one in five minutes of three days, and none before', () => {
  const samples = new Samples();
  const end = 4 * 86_400;
  for (let seconds = 0; seconds <= end; seconds += 5) samples.record(seconds, [counter(seconds)]);
  const counted = (after: number, until: number) => samples.between('a_total', all, after, until)[0]?.count;
  expect(counted(end - 900, end)).toBe(180);
  expect(counted(end - 86_400 - 3_600, end - 86_400)).toBe(12);
  expect(counted(Number.NEGATIVE_INFINITY, end - 3 * 86_400)).toBeUndefined();
  expect(counted(Number.NEGATIVE_INFINITY, end)).toBeLessThan(1_050);
  expect(samples.bytes).toBe(8 * (counted(Number.NEGATIVE_INFINITY, end) ?? 0));
});

test('a series that is gone is no longer current, and has a gap', () => {
  const samples = new Samples();
  samples.record(0, [counter(1, { of: 'a' }), counter(2, { of: 'b' })]);
  samples.record(5, [counter(3, { of: 'b' })]);
  samples.record(10, [counter(4, { of: 'a' })]);
  expect(samples.current('a_total')).toEqual([{ labels: { of: 'a' }, value: 4 }]);
  expect(samples.between('a_total', all, -1, 10)).toEqual([
    { labels: { of: 'a' }, count: 2, start: 0, end: 10, first: 1, last: 4, lost: 0 },
    { labels: { of: 'b' }, count: 2, start: 0, end: 5, first: 2, last: 3, lost: 0 },
  ]);
  expect(samples.between('a_total', ({ of }) => of === 'b', 0, 10)).toEqual([
    { labels: { of: 'b' }, count: 1, start: 5, end: 5, first: 3, last: 3, lost: 0 },
  ]);
});

test('says of which metric there are more series than it watches', () => {
  const samples = new Samples();
  samples.record(
    0,
    Array.from({ length: 2_001 }, (_, index) => counter(index, { of: String(index) })),
  );
  expect(samples.current('a_total')).toHaveLength(2_000);
  expect(samples.leftOut).toEqual(['a_total']);
});
