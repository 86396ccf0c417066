import {
  doubledRows,
  doubleEndings,
  falseOks,
  hiddenErrors,
  lostJobs,
  lostRows,
  recoverySeconds,
  worstHealth,
} from '../../../e2e/faults/checkers';
import type { History } from '../../../e2e/faults/history';

/** What is seen where nothing goes wrong, with what is forged. */
const history = (forged: Partial<History> = {}): History => ({
  accepted: ['a', 'b'],
  records: [
    { id: 'a', state: 'completed' },
    { id: 'b', state: 'completed' },
  ],
  deadLetters: [],
  expectedRows: ['600000.SH 2024-01-02'],
  storedRows: ['600000.SH 2024-01-02'],
  answers: [
    { at: 900, what: 'read', outcome: 503 },
    { at: 1_000, what: 'cached', outcome: 200 },
    { at: 1_100, what: 'submit', outcome: 'refused' },
    { at: 4_000, what: 'submit', outcome: 202 },
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
  for (const check of [lostJobs, doubleEndings, lostRows, doubledRows, hiddenErrors, falseOks]) {
    expect(check(clean)).toEqual([]);
  }
  expect(recoverySeconds(clean)).toBe(2.3);
});

describe('find', () => {
  test.each([
    ['has no record', [{ id: 'a', state: 'completed' }]],
    [
      'never ended',
      [
        { id: 'a', state: 'completed' },
        { id: 'b', state: 'queued' },
      ],
    ],
    [
      'failed',
      [
        { id: 'a', state: 'completed' },
        { id: 'b', state: 'failed' },
      ],
    ],
  ])('an accepted job that %s', (_how, records) => {
    expect(lostJobs(history({ records }))).toEqual(['b']);
  });

  test('a job that ended twice', () => {
    expect(doubleEndings(history({ deadLetters: ['b'] }))).toEqual(['b']);
    expect(doubleEndings(history({ records: [...history().records, { id: 'a', state: 'active' }] }))).toEqual(['a']);
  });

  test('a row that is missing', () => {
    expect(lostRows(history({ storedRows: [] }))).toEqual(['600000.SH 2024-01-02']);
  });

  test('a row that is there twice', () => {
    const row = '600000.SH 2024-01-02';
    expect(doubledRows(history({ storedRows: [row, row] }))).toEqual([row]);
  });

  test.each([500, 502, 504, 'timeout', 'cut'] as const)('an answer %s, where 503 would have been honest', (outcome) => {
    const answer = { at: 1, what: 'read' as const, outcome };
    expect(hiddenErrors(history({ answers: [answer] }))).toEqual([answer]);
  });

  test('an "ok" while nothing works', () => {
    const lie = { at: 2_000, role: 'api', status: 'ok' as const, failed: [] };
    const answers = [1_000, 3_000].map((at) => ({ at, what: 'read' as const, outcome: 503 }));
    expect(falseOks(history({ health: [lie], answers }))).toEqual([lie]);
    const hanging = answers.map((answer) => ({ ...answer, outcome: 'timeout' as const }));
    expect(falseOks(history({ health: [lie], answers: hanging }))).toEqual([lie]);
    const works = { at: 2_000, what: 'read' as const, outcome: 200 };
    expect(falseOks(history({ health: [lie], answers: [...answers, works] }))).toEqual([]);
  });

  test('that it never recovered', () => {
    expect(recoverySeconds(history({ recovered: undefined }))).toBeUndefined();
  });

  test('the worst each role said, and what it named', () => {
    expect(worstHealth(history(), 500, 2_000)).toEqual({ api: 'unavailable: database', worker: 'no answer' });
    expect(worstHealth(history(), 3_000, 5_000)).toEqual({ api: 'ok', worker: 'not asked' });
  });
});
