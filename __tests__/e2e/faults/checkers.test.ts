import {
  doubledRows,
  doubleEndings,
  failedAnswers,
  falseOks,
  hiddenErrors,
  jobsRunAgain,
  longestWithoutJob,
  lostJobs,
  lostRows,
  p99,
  phases,
  recoverySeconds,
  unexpectedRows,
  unheardRows,
  worstHealth,
} from '../../../e2e/faults/checkers';
import type { Answer, History } from '../../../e2e/faults/history';

const answer = (at: number, what: Answer['what'], outcome: Answer['outcome'], took = 10): Answer => ({
  ...{ at, what, outcome, took },
});

/** What is seen where nothing goes wrong, with what is forged. */
const history = (forged: Partial<History> = {}): History => ({
  attemptedRows: ['600000.SH 2024-01-02', '600000.SH 2024-01-03'],
  accepted: ['a', 'b'],
  records: [
    { id: 'a', state: 'completed', attempts: 1 },
    { id: 'b', state: 'completed', attempts: 1 },
  ],
  deadLetters: [],
  expectedRows: ['600000.SH 2024-01-02'],
  storedRows: ['600000.SH 2024-01-02'],
  answers: [
    answer(900, 'read', 503),
    answer(1_000, 'cached', 200),
    answer(1_100, 'submit', 'refused'),
    answer(4_000, 'submit', 202),
  ],
  health: [
    { at: 1_000, role: 'api', status: 'unavailable', failed: ['database'] },
    { at: 4_000, role: 'api', status: 'ok', failed: [] },
    { at: 1_000, role: 'worker', status: 'no answer', failed: [] },
  ],
  faultBegan: 500,
  faultEnded: 2_000,
  recovered: 4_250,
  ...forged,
});

test('find nothing where nothing was lost, doubled or hidden', () => {
  const clean = history();
  for (const check of [lostJobs, doubleEndings, lostRows, doubledRows, unexpectedRows, hiddenErrors, falseOks]) {
    expect(check(clean)).toEqual([]);
  }
  expect(recoverySeconds(clean)).toBe(2.3);
});

describe('find', () => {
  test.each([
    ['has no record', []],
    ['never ended', [{ id: 'b', state: 'queued', attempts: 1 }]],
    ['failed', [{ id: 'b', state: 'failed', attempts: 5 }]],
  ])('an accepted job that %s', (_how, records) => {
    const done = { id: 'a', state: 'completed', attempts: 1 };
    expect(lostJobs(history({ records: [done, ...records] }))).toEqual(['b']);
  });

  test('a job that ended twice', () => {
    expect(doubleEndings(history({ deadLetters: ['b'] }))).toEqual(['b']);
    expect(
      doubleEndings(history({ records: [...history().records, { id: 'a', state: 'active', attempts: 2 }] })),
    ).toEqual(['a']);
  });

  test('a row that is missing', () => {
    expect(lostRows(history({ storedRows: [] }))).toEqual(['600000.SH 2024-01-02']);
  });

  test('a row that is there twice', () => {
    const row = '600000.SH 2024-01-02';
    expect(doubledRows(history({ storedRows: [row, row] }))).toEqual([row]);
  });

  test.each([500, 502, 504, 'timeout', 'cut'] as const)('an answer %s, where 503 would have been honest', (outcome) => {
    const answers = [answer(1, 'read', outcome)];
    expect(hiddenErrors(history({ answers }))).toEqual(answers);
  });

  test('an "ok" while nothing works', () => {
    const lie = { at: 2_000, role: 'api', status: 'ok' as const, failed: [] };
    const answers = [1_000, 3_000].map((at) => answer(at, 'read', 503));
    expect(falseOks(history({ health: [lie], answers }))).toEqual([lie]);
    const hanging = answers.map((failed) => ({ ...failed, outcome: 'timeout' as const }));
    expect(falseOks(history({ health: [lie], answers: hanging }))).toEqual([lie]);
    const works = answer(2_000, 'read', 200);
    expect(falseOks(history({ health: [lie], answers: [...answers, works] }))).toEqual([]);
  });

  test('a row that nobody asked for', () => {
    const storedRows = [...history().storedRows, '600000.SH 2024-01-04'];
    expect(unexpectedRows(history({ storedRows }))).toEqual(['600000.SH 2024-01-04']);
  });

  test('a row of a job whose acceptance nobody heard of, which is no harm', () => {
    const storedRows = [...history().storedRows, '600000.SH 2024-01-03'];
    expect(unheardRows(history({ storedRows }))).toEqual(['600000.SH 2024-01-03']);
    expect(unexpectedRows(history({ storedRows }))).toEqual([]);
  });

  test('a job that was begun again', () => {
    expect(jobsRunAgain(history({ records: [{ id: 'a', state: 'completed', attempts: 2 }] }))).toEqual(['a']);
  });

  test('every request that did not get what it asked for', () => {
    expect(failedAnswers(history()).map(({ outcome }) => outcome)).toEqual([503, 'refused']);
  });

  test('that it never recovered', () => {
    expect(recoverySeconds(history({ recovered: undefined }))).toBeUndefined();
  });

  test('the worst each role said, and what it named', () => {
    expect(worstHealth(history(), 500, 2_000)).toEqual({ api: 'unavailable: database', worker: 'no answer' });
    expect(worstHealth(history(), 3_000, 5_000)).toEqual({ api: 'ok', worker: 'not asked' });
  });
});

describe('measure', () => {
  test('what was asked before, during and after, where never well again means no after', () => {
    const answers = [100, 600, 3_000, 5_000].map((at) => answer(at, 'read', 200));
    const lengths = (forged: Partial<History>) =>
      Object.values(phases(history({ answers, ...forged }))).map((some) => some.length);
    expect(lengths({})).toEqual([1, 2, 1]);
    expect(lengths({ recovered: undefined })).toEqual([1, 3, 0]);
  });

  test('p99 over every request, those without an answer too', () => {
    const quick = Array.from({ length: 98 }, (_, at) => answer(at, 'read', 200));
    expect(p99([...quick, answer(98, 'read', 'timeout', 12_000), answer(99, 'read', 'timeout', 12_000)])).toBe(12_000);
    expect(p99(quick)).toBe(10);
    expect(p99([])).toBeUndefined();
  });

  test('the longest time without an accepted job, also at the end', () => {
    const answers = [answer(0, 'submit', 202), answer(3_000, 'submit', 202), answer(9_000, 'submit', 503)];
    expect(longestWithoutJob(history({ answers }))).toBe(6);
  });
});
