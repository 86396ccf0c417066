import { findingsText, judge, type Reading } from '../../../ops/src/deploy/verdict';
import { well } from './fake-engine';

const before: Reading = { ...well, requests: 50_000, jobs: 400, failedJobs: 4, p99Seconds: 0.2 };
const stateOf = (after: Partial<Reading>, than: Reading | undefined = before) =>
  judge(than, { ...well, ...after }).state;

describe('a release', () => {
  test.each<[string, Partial<Reading>]>([
    ['as it was', {}],
    ['with no more than one failed request in a thousand', { requests: 9000, failedRequests: 9 }],
    ['with two failed requests of few', { requests: 300, failedRequests: 2 }],
    ['that is slower, but not twice as slow', { p99Seconds: 0.39 }],
    ['of few jobs, all of which failed', { jobs: 10, failedJobs: 10 }],
    ['whose jobs fail as often as they did', { jobs: 400, failedJobs: 8 }],
  ])('%s is good', (_title, after) => {
    expect(stateOf(after)).toBe('good');
  });

  test.each<[string, Partial<Reading>]>([
    ['that fails requests', { requests: 9000, failedRequests: 10 }],
    ['that is more than twice as slow', { p99Seconds: 0.41 }],
    ['whose processes end', { restarts: 1 }],
    ['that leaves jobs waiting', { oldestJobSeconds: 301 }],
    ['whose jobs fail', { jobs: 100, failedJobs: 6 }],
    ['that fails requests while nobody knows how slow it is', { failedRequests: 100, p99Seconds: undefined }],
    ['that ends, and has had few requests', { requests: 10, restarts: 2 }],
  ])('%s is bad', (_title, after) => {
    expect(stateOf(after)).toBe('bad');
  });

  test.each<[string, Partial<Reading>]>([
    ['that had too few requests', { requests: 299 }],
    ['that nobody asked anything', { requests: 0, failedRequests: 0, p99Seconds: undefined }],
    ['of which Prometheus knows nothing', { requests: undefined, failedRequests: undefined, p99Seconds: undefined }],
    ['whose processes nobody sees', { restarts: undefined }],
    ['whose queue nobody sees', { oldestJobSeconds: undefined }],
  ])('%s is neither good nor bad', (_title, after) => {
    expect(stateOf(after)).toBe('inconclusive');
  });

  test('that cannot be compared, because few asked before, is neither', () => {
    expect(stateOf({}, { ...before, requests: 100 })).toBe('inconclusive');
  });

  test('that fails as often as what ran before is not worse', () => {
    expect(stateOf({ failedRequests: 90 }, { ...before, failedRequests: 500 })).toBe('good');
    expect(stateOf({ failedRequests: 91 }, { ...before, failedRequests: 500 })).toBe('bad');
  });

  test('that is the first is held to the objectives', () => {
    expect(judge(undefined, { ...well, p99Seconds: 1.9 }).state).toBe('good');
    expect(judge(undefined, { ...well, p99Seconds: 2.1 }).state).toBe('bad');
  });
});

test('a verdict is told in one line by what made it', () => {
  const verdict = judge(before, { ...well, p99Seconds: 0.935, restarts: 2, requests: 299 });
  expect(findingsText(verdict, 'bad')).toBe('restarts 2, limit 0');
  expect(findingsText(verdict, 'unknown')).toBe('requests 299, limit 300 or more; p99 0.935 s, limit 0.400 s');
});
