import fc from 'fast-check';
import { type BackfillRequest, backfillJob } from '../../src/jobs/backfill';
import type { JobContext } from '../../src/jobs/job-context';
import { markFailed, recordGroup } from '../../src/jobs/job-store';
import { planJob } from '../../src/jobs/submit';
import { historicalDatasets } from '../../src/market/dataset';
import { daysBetween } from '../../src/market/trading-day';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { ingestContext, loadSample } from '../support/ingest';

interface Child {
  type: string;
  request: { dataset: string; source: string; symbols: string[] | null; start: string; end: string };
}

const childrenOf = (request: BackfillRequest) => backfillJob.children?.(request) as Child[];
const day = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
  .map((moment) => moment.toISOString().slice(0, 10));
const days = fc
  .tuple(day, day)
  .map(([one, other]) => (one <= other ? { start: one, end: other } : { start: other, end: one }));
const datasets = fc.subarray([...historicalDatasets], { minLength: 1 });

describe('a backfill', () => {
  test('of the whole market is cut into months that hold every day once, for each dataset', () => {
    fc.assert(
      fc.property(datasets, days, (wanted, { start, end }) => {
        const children = childrenOf({ datasets: wanted, source: 'auto', symbols: null, start, end });
        for (const dataset of wanted) {
          const parts = children.filter(({ request }) => request.dataset === dataset);
          const covered = parts.flatMap(({ request }) => [...daysBetween(request.start, request.end)]);
          expect(covered).toEqual([...daysBetween(start, end)]);
          for (const { request } of parts) expect(request.start.slice(0, 7)).toBe(request.end.slice(0, 7));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('of some stocks is cut into chunks that hold every stock once, over the whole time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), days, (count, { start, end }) => {
        const symbols = Array.from({ length: count }, (_, index) => `${600000 + index}.SH`);
        const children = childrenOf({ datasets: ['daily'], source: 'sample', symbols, start, end });
        expect(children.flatMap(({ request }) => request.symbols)).toEqual(symbols);
        for (const { type, request } of children) {
          expect(request.symbols?.length).toBeLessThanOrEqual(50);
          expect({ type, ...request, symbols: null }).toEqual({
            type: 'ingest',
            dataset: 'daily',
            source: 'sample',
            symbols: null,
            start,
            end,
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  describe('when its children have finished', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase();
    });
    afterAll(() => database.drop());

    test('reports how they ended, and what is still missing', async () => {
      await database.pool.query(
        `INSERT INTO trading_calendar (day, is_open, source) VALUES ('2024-01-02', true, 'test'), ('2024-01-03', true, 'test')`,
      );
      await loadSample(database.pool, { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-02' });
      const request: BackfillRequest = {
        datasets: ['daily'],
        source: 'sample',
        symbols: ['604981.SH'],
        start: '2024-01-02',
        end: '2024-01-04',
      };
      const { job, ready } = await recordGroup(database.pool, planJob('backfill', request, 10));
      await markFailed(database.pool, ready[0]?.id as string, 'connection reset', 'network');
      const context = ingestContext(database.pool) as JobContext;
      expect(await backfillJob.run(context, { ...job, request }, new AbortController().signal)).toEqual({
        children: 1,
        completed: 0,
        unsuccessful: [
          { job_id: ready[0]?.id, state: 'failed', request: ready[0]?.request, error: 'connection reset' },
        ],
        gaps: {
          missing_bars: 1,
          stocks_with_gaps: 1,
          stocks: [{ symbol: '604981.SH', missing: 1, first: '2024-01-03', last: '2024-01-03' }],
          days_not_in_calendar: 1,
        },
        missing: { daily: 1 },
        given_up: { daily: 0 },
      });
    });
  });
});
