import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { JobContext } from '../../src/jobs/job-context';
import { createJobMetrics } from '../../src/jobs/job-metrics';
import { findJob } from '../../src/jobs/job-store';
import { type JobQueue, openQueue } from '../../src/jobs/queue';
import { runSchedule, type ScheduleName } from '../../src/jobs/schedules';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { ingestContext, loadSample } from '../support/ingest';
import { openSourceAccess } from '../support/source-access';

const silent = pino({ level: 'silent' });
const uuid = /^[0-9a-f-]{36}$/;
const at = (day: string, time: string) => new Date(`${day}T${time}:00+08:00`);
const tradingDay = '2024-01-02';
const holiday = '2024-01-01';

describe('schedules', () => {
  let database: TestDatabase;
  let queue: JobQueue;
  let context: JobContext;
  beforeAll(async () => {
    database = await createTestDatabase();
    queue = openQueue(database.environment, silent);
    const metrics = createJobMetrics(new Registry(), []);
    context = { ...ingestContext(database.pool), database: database.pool, queue, logger: silent, metrics };
    await database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source) VALUES ('${holiday}', false, 'test'), ('${tradingDay}', true, 'test')`,
    );
  });
  afterEach(() => database.owner.query('TRUNCATE job CASCADE'));
  afterAll(async () => {
    await queue.close();
    await database.drop();
  });

  const countJobs = async () => (await database.pool.query('SELECT FROM job')).rowCount;

  test.each<[ScheduleName, string, number, object]>([
    ['trading-calendar', '06:00', 5, { dataset: 'trade_cal', start: '2024-01-01', end: '2025-12-31' }],
    ['reconcile', '07:30', 5, { dataset: 'daily', start: '2023-12-26', end: '2024-01-01' }],
    ['stock-list', '08:30', 5, { dataset: 'stock_basic', start: tradingDay, end: tradingDay }],
    ['symbol-aliases', '08:45', 5, { dataset: 'symbol_alias', start: tradingDay, end: tradingDay }],
    ['suspensions', '09:00', 5, { dataset: 'suspend', start: tradingDay, end: tradingDay }],
    ['adjustment-factors', '09:25', 5, { dataset: 'adj_factor', start: tradingDay, end: tradingDay }],
    ['reconcile-suspensions', '07:35', 5, { dataset: 'suspend', start: '2023-12-26', end: '2024-01-01' }],
    ['quotes', '10:00', 1, { dataset: 'realtime', start: tradingDay, end: tradingDay }],
    ['daily-bars', '16:10', 5, { dataset: 'daily', start: tradingDay, end: tradingDay }],
  ])('%s, at %s of a trading day, submits a job of priority %i', async (name, time, priority, request) => {
    const id = await runSchedule(name, context, at(tradingDay, time));
    expect(id).toMatch(uuid);
    expect(await findJob(database.pool, id)).toMatchObject({
      type: 'ingest',
      state: 'queued',
      priority,
      request: { source: 'auto', symbols: null, ...request },
    });
  });

  test.each<ScheduleName>(['reconcile', 'stock-list', 'suspensions', 'adjustment-factors', 'quotes', 'daily-bars'])(
    '%s rests on a holiday',
    async (name) => {
      expect(await runSchedule(name, context, at(holiday, '10:00'))).toBe('nothing to load');
      expect(await countJobs()).toBe(0);
    },
  );

  test('quotes rest outside the session', async () => {
    expect(await runSchedule('quotes', context, at(tradingDay, '12:00'))).toBe('nothing to load');
  });

  test('a day the calendar does not know counts as a trading day', async () => {
    expect(await runSchedule('daily-bars', context, at('2024-01-03', '16:10'))).toMatch(uuid);
  });

  test('daily bars rest once every stock that trades has one', async () => {
    await loadSample(database.pool, { symbols: null, start: tradingDay, end: tradingDay });
    expect(await runSchedule('daily-bars', context, at(tradingDay, '17:10'))).toBe('nothing to load');
    await database.pool.query(
      `INSERT INTO stock (symbol, name, list_date, source) VALUES
         ('600000.SH', 'late', '2000-01-04', 'test'), ('600001.SH', 'suspended', '2000-01-04', 'test')`,
    );
    await database.pool.query(
      `INSERT INTO suspension (symbol, day, kind, source) VALUES ('600001.SH', '${tradingDay}', 'suspended', 'test')`,
    );
    expect(await runSchedule('daily-bars', context, at(tradingDay, '18:10'))).toMatch(uuid);
    await database.pool.query("DELETE FROM stock WHERE symbol = '600000.SH'");
    expect(await runSchedule('daily-bars', context, at(tradingDay, '20:10'))).toBe('nothing to load');
  });

  test('the gap scan submits a backfill of what is missing, and nothing when nothing is', async () => {
    const saturday = at('2024-01-06', '10:00');
    await database.pool.query("DELETE FROM stock WHERE source = 'test'");
    await loadSample(database.pool, { symbols: null, start: tradingDay, end: tradingDay });
    expect(await runSchedule('gap-scan', context, saturday)).toBe('nothing to load');
    await database.pool.query("DELETE FROM stock_data WHERE symbol IN ('604981.SH', '003981.SZ')");
    const id = await runSchedule('gap-scan', context, saturday);
    expect(await findJob(database.pool, id)).toMatchObject({
      type: 'backfill',
      state: 'waiting',
      priority: 10,
      request: {
        datasets: ['daily'],
        source: 'auto',
        symbols: ['003981.SZ', '604981.SH'],
        start: tradingDay,
        end: tradingDay,
      },
    });
  });

  test('are skipped, with a line in the log, while no source is configured', async () => {
    const lines: string[] = [];
    const access = openSourceAccess({ database: database.pool, sources: [], priority: 'tushare' });
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    await runSchedule('stock-list', { ...context, access, logger }, at(tradingDay, '08:30'));
    expect(await countJobs()).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { schedule: 'stock-list', reason: expect.stringContaining('set TUSHARE_API_KEY'), msg: 'schedule skipped' },
    ]);
  });
});
