import { Samples } from '../../../src/embedded/monitor/samples';

const counter = (value: number, labels = {}) => ({ name: 'a_total', labels, value });
const all = () => true;

test('keeps every reading of 15 minutes, one in five minutes of three days, and none before', () => {
  const samples = new Samples();
  const end = 4 * 86_400;
  for (let seconds = 0; seconds <= end; seconds += 5) samples.record(seconds, [counter(seconds)]);
  const [course] = samples.between('a_total', all, Number.NEGATIVE_INFINITY, end);
  const kept = course?.seconds ?? [];
  expect(kept).toHaveLength(3 * 288 + 180 - 3);
  expect(kept[0]).toBeGreaterThan(end - 3 * 86_400);
  const gaps = kept.slice(1).map((seconds, index) => seconds - (kept[index] as number));
  expect(gaps.slice(-179).every((gap) => gap === 5)).toBe(true);
  expect(gaps.slice(0, -181).every((gap) => gap === 300)).toBe(true);
  expect(course?.values).toEqual(kept);
  expect(samples.bytes).toBe(kept.length * 8);
});

test('a series that is gone is no longer current, and has a gap', () => {
  const samples = new Samples();
  samples.record(0, [counter(1, { of: 'a' }), counter(2, { of: 'b' })]);
  samples.record(5, [counter(3, { of: 'b' })]);
  samples.record(10, [counter(4, { of: 'a' })]);
  expect(samples.current('a_total')).toEqual([{ labels: { of: 'a' }, value: 4 }]);
  expect(samples.between('a_total', all, -1, 10)).toEqual([
    { labels: { of: 'a' }, seconds: [0, 10], values: [1, 4] },
    { labels: { of: 'b' }, seconds: [0, 5], values: [2, 3] },
  ]);
  expect(samples.between('a_total', ({ of }) => of === 'b', 0, 10)).toEqual([
    { labels: { of: 'b' }, seconds: [5], values: [3] },
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
