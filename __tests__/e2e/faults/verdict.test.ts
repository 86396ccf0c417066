import type { Told } from '../../../e2e/faults/alert-watch';
import { asLines, endOf, fromLines, historyOf, type Operation, Recorder } from '../../../e2e/faults/operations';
import { alertsInWords, asTable, type Report, resultOf, verdictOf } from '../../../e2e/faults/report';
import { renderPage } from '../../../e2e/faults/report-page';
import { shuffled } from '../../../e2e/faults/shuffled';
import { judge, minSamples } from '../../../e2e/faults/verdict';

const fault = { name: 'PostgreSQL <killed>', expected: 'it comes back', alerts: ['PostgresDown'] };
const told: Told[] = [{ alert: 'PostgresDown', afterSeconds: 9 }];
const jobs = Array.from({ length: 60 }, (_, number) => ({ id: `job-${number}`, row: `600000.SH day-${number}` }));

/** A history in which all is well: a job every 100 ms, a fault from 2 s to 4 s. */
function recorded(): Operation[] {
  let now = 0;
  const recorder = new Recorder(() => now);
  for (const [number, { id: job, row: key }] of jobs.entries()) {
    now = number * 100;
    recorder.note({ op: 'submit', key, type: 'invoke' });
    now += 20;
    recorder.note({ op: 'submit', key, type: 'ok', outcome: 202, took: 20, job });
    if (number === 20) recorder.note({ op: 'fault', key: 'began', type: 'info' });
    if (number === 35) recorder.note({ op: 'fault', key: 'ended', type: 'info' });
    if (number === 38) recorder.note({ op: 'fault', key: 'recovered', type: 'info' });
  }
  for (const { id, row } of jobs) {
    recorder.note({ op: 'job', key: id, type: 'ok', state: 'completed', attempts: 1 });
    recorder.note({ op: 'row', key: row, type: 'ok' });
  }
  return recorder.operations;
}

/** The same history in a file, with some lines changed, left out or added. */
const forged = (change: (operation: Operation) => Operation[]): Operation[] =>
  fromLines(
    asLines(
      recorded()
        .flatMap(change)
        .map((operation, seq) => ({ ...operation, seq })),
    ),
  );

const is = (operation: Operation, op: Operation['op'], key: string) => operation.op === op && operation.key === key;
const verdictFor = (operations: readonly Operation[], troubles: string[] = [], alerts: Told[] | undefined = told) =>
  verdictOf([resultOf(fault, historyOf(operations), troubles, alerts)]);

test('a history in which all is well is good, and reads from a file as it was written', () => {
  expect(verdictFor(forged((operation) => [operation]))).toEqual({ state: 'good', reasons: [] });
});

describe('a forged history makes the report red:', () => {
  test.each<[string, (operation: Operation) => Operation[], string]>([
    ['one job lost', (each) => (is(each, 'job', 'job-7') ? [] : [each]), '1 lost jobs: job-7'],
    ['one row lost', (each) => (is(each, 'row', '600000.SH day-7') ? [] : [each]), '1 lost rows: 600000.SH day-7'],
    [
      'one row doubled',
      (each) => (is(each, 'row', '600000.SH day-7') ? [each, each] : [each]),
      '1 doubled rows: 600000.SH day-7',
    ],
    ['one job ended twice', (each) => (is(each, 'job', 'job-7') ? [each, each] : [each]), '1 jobs ended twice: job-7'],
    [
      'one row nobody asked for',
      (each) => (is(each, 'row', '600000.SH day-7') ? [each, { ...each, key: 'unexpected' } as Operation] : [each]),
      '1 rows nobody asked for: unexpected',
    ],
    ['never well again', (each) => (is(each, 'fault', 'recovered') ? [] : [each]), 'it did not come back by itself'],
  ])('%s', (_what, change, reason) => {
    const verdict = verdictFor(forged(change));
    expect(verdict.state).toBe('bad');
    expect(verdict.reasons).toContain(`PostgreSQL <killed>: ${reason}`);
  });

  test('an expected alert that was not told, though others were', () => {
    const verdict = verdictFor(recorded(), [], [{ alert: 'TargetDown', afterSeconds: 3 }]);
    expect(verdict).toEqual({ state: 'bad', reasons: ['PostgreSQL <killed>: not told: PostgresDown'] });
  });

  test('what went wrong while the fault was injected', () => {
    expect(verdictFor(recorded(), ['worker took 15 s to stop']).state).toBe('bad');
  });
});

describe('unknown is not good:', () => {
  test('too few samples', () => {
    const late = new Set(jobs.slice(42).flatMap(({ id, row }) => [id, row]));
    const few = forged((each) => (late.has(each.key) ? [] : [each]));
    expect(judge(historyOf(few))).toEqual({
      state: 'unknown',
      reasons: [`too few samples: requestsAfter 3, at least ${minSamples.requestsAfter}`],
    });
  });

  test('a check that fails itself', () => {
    const crash = {
      name: 'crashed',
      find: () => {
        throw new Error('no such row');
      },
    };
    const verdict = judge(historyOf(recorded()), [crash]);
    expect(verdict.state).toBe('unknown');
    expect(verdict.reasons.join()).toContain('the check of crashed failed itself');
  });

  test('a run of no fault', () => {
    expect(verdictOf([]).state).toBe('unknown');
  });
});

test('where nothing watches, alerts are not claimed and not missed', () => {
  const result = resultOf(fault, historyOf(recorded()), [], undefined);
  expect(result.verdict.state).toBe('good');
  expect(alertsInWords(result.alerts)).toBe('not watched');
});

test('no answer in time and a server error may have happened; a refusal has not', () => {
  expect((['timeout', 'cut', 503, 500] as const).map(endOf)).toEqual(['info', 'info', 'info', 'info']);
  expect((['refused', 429, 404] as const).map(endOf)).toEqual(['fail', 'fail', 'fail']);
  expect(endOf(202)).toBe('ok');
});

test('nothing is concluded from a history that lacks a line', () => {
  const lines = asLines(recorded()).split('\n');
  expect(() => fromLines(lines.toSpliced(3, 1).join('\n'))).toThrow('line 4 of the history has seq 4, expected 3');
  expect(() => historyOf([])).toThrow('the history does not say when the fault began');
});

test('the same seed gives the same order, another one another', () => {
  const items = Array.from({ length: 50 }, (_, item) => item);
  expect(shuffled(items, 7)).toEqual(shuffled(items, 7));
  expect(shuffled(items, 7)).not.toEqual(shuffled(items, 8));
  expect(shuffled(items, 7).toSorted((one, other) => one - other)).toEqual(items);
});

describe('the report', () => {
  const result = resultOf(fault, historyOf(recorded()), [], told);
  const report: Report = {
    schemaVersion: 1,
    verdict: verdictOf([result]),
    seed: 7,
    startedAt: '2026-11-26T20:00:00.000Z',
    finishedAt: '2026-11-26T20:30:00.000Z',
    node: '20.19.0',
    machine: 'linux x64, 2 cores',
    loadAverages: { atStart: [1], atEnd: [2] },
    isWatched: true,
    minSamples,
    leftOut: [],
    faults: [result],
  };

  test('names what was measured, in numbers', () => {
    expect(result).toMatchObject({
      rtoSeconds: 0.3,
      faultSeconds: 1.5,
      rpo: { jobs: 0, rows: 0 },
      requests: 60,
      failedRequests: 0,
      latency: { before: { p99: 20, requests: 21 }, during: { p99: 20 }, after: { p99: 20 } },
    });
    expect(asTable([result])).toContain(
      '| PostgreSQL <killed> | good | 0.3 | 0 / 0 | 0 | 0 / 60 | 0 | 20 / 20 / 20 | PostgresDown after 9 s |',
    );
  });

  test('is one page that loads nothing and in which no text is markup', () => {
    const page = renderPage(report);
    expect(page).toContain('PostgreSQL &lt;killed&gt;');
    expect(page).not.toMatch(/<killed>|<script|<link|src=|url\(|https?:/);
    expect(page).toContain('PostgresDown after 9 s');
  });
});
