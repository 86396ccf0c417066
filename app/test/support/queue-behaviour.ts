import { UnrecoverableError } from 'bullmq';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { EnvironmentOf } from '../../src/env';
import { findJob, type JobRecord, recordJob } from '../../src/jobs/job-store';
import { type JobQueue, type JobWorker, openQueue, openWorker } from '../../src/jobs/queue';
import { relayJobs } from '../../src/jobs/relay';
import { createProcessor } from '../../src/jobs/run-job';
import { installSchedules, schedules } from '../../src/jobs/schedules';
import { submitJob } from '../../src/jobs/submit';
import { createJobMetrics } from '../../src/metrics';
import { createTestDatabase, type TestDatabase } from './database';

type QueueAddress = Pick<EnvironmentOf<'worker'>, 'QUEUE_URL' | 'QUEUE_PASSWORD'>;

const silent = pino({ level: 'silent' });
const request = { source: 'sample', symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-31' };

/** What holds whichever backend carries the queue. */
export function describeQueue(backend: string, addressOf: (database: TestDatabase) => QueueAddress): void {
  describe(`the job queue on ${backend}`, () => {
    let database: TestDatabase;
    let address: QueueAddress;
    let queue: JobQueue;
    let worker: JobWorker | undefined;
    beforeAll(async () => {
      database = await createTestDatabase();
      address = addressOf(database);
      queue = openQueue(address, silent);
    });
    afterEach(async () => {
      await worker?.close();
      worker = undefined;
      await queue.obliterate({ force: true });
      await database.pool.query('TRUNCATE job, stock, stock_data CASCADE');
    });
    afterAll(async () => {
      await queue.close();
      await database.drop();
    });

    function startWorker(softTimeLimitSeconds = 60) {
      const registry = new Registry();
      const processor = createProcessor({
        database: database.pool,
        queue,
        cache: undefined,
        metrics: createJobMetrics(registry),
        logger: silent,
        softTimeLimitSeconds,
      });
      worker = openWorker(address, 2, processor, silent);
      worker.run().catch(() => undefined);
      return registry;
    }

    async function until(id: string, isReached: (job: JobRecord) => boolean): Promise<JobRecord> {
      for (;;) {
        const job = (await findJob(database.pool, id)) as JobRecord;
        if (isReached(job)) return job;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const untilFinished = (id: string) => until(id, ({ finished_at }) => finished_at !== null);
    const submit = (wanted: object = request, type = 'ingest') => submitJob(database.pool, queue, silent, type, wanted);
    const storedRows = async () =>
      (await database.pool.query('SELECT trade_date, close FROM stock_data ORDER BY symbol, trade_date')).rows;

    test('carries a job to a worker, which stores its rows', async () => {
      const registry = startWorker();
      const { job } = await submit();
      expect(await untilFinished(job.id)).toMatchObject({
        state: 'completed',
        attempts: 1,
        result: { read: 22, inserted: 22, updated: 0, unchanged: 0, rejected: [] },
      });
      const rows = await storedRows();
      expect(rows).toHaveLength(22);
      expect(rows[0]).toEqual({ trade_date: '2024-01-02', close: '34.5000' });
      const metrics = await registry.metrics();
      expect(metrics).toContain('ingest_rows_total{dataset="daily",source="sample",result="inserted"} 22');
      expect(metrics).toContain('job_duration_seconds_count{type="ingest",outcome="completed"} 1');
    });

    test('runs the same job twice with the same rows at the end', async () => {
      startWorker();
      await untilFinished((await submit()).job.id);
      const before = await storedRows();
      expect(await untilFinished((await submit()).job.id)).toMatchObject({ result: { inserted: 0, unchanged: 22 } });
      expect(await storedRows()).toEqual(before);
    });

    test('gives up at once on a job no attempt can do', async () => {
      startWorker();
      const { job } = await submit({ ...request, symbols: ['600000.SH'] });
      expect(await untilFinished(job.id)).toMatchObject({
        state: 'failed',
        attempts: 1,
        error: "source 'sample' does not list 600000.SH",
      });
    });

    test('stops a job at the soft time limit and leaves it for another attempt', async () => {
      const holder = await database.pool.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('LOCK TABLE stock IN ACCESS EXCLUSIVE MODE');
        const registry = startWorker(1);
        const { job } = await submit();
        await until(job.id, ({ state }) => state === 'active');
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        await holder.query('COMMIT');
        expect(await until(job.id, ({ error }) => error !== null)).toMatchObject({
          state: 'queued',
          error: 'stopped after 1 s (CELERY_TASK_SOFT_TIME_LIMIT)',
          finished_at: null,
        });
        expect(await storedRows()).toEqual([]);
        expect(await registry.metrics()).toContain('job_timeouts_total{type="ingest"} 1');
        expect(await (await queue.getJob(job.id))?.getState()).toBe('delayed');
      } finally {
        holder.release();
      }
    });

    test('is handed again what it lost', async () => {
      const { job } = await submit();
      await queue.obliterate({ force: true });
      expect(await queue.getJob(job.id)).toBeUndefined();
      expect(await relayJobs(database.pool, queue, silent, 0)).toBe(1);
      startWorker();
      expect(await untilFinished(job.id)).toMatchObject({ state: 'completed' });
    });

    test('is handed what was recorded while it could not be reached', async () => {
      const { job } = await recordJob(database.pool, 'ingest', request);
      expect(await relayJobs(database.pool, queue, silent, 0)).toBe(1);
      expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'queued' });
      expect(await relayJobs(database.pool, queue, silent, 0)).toBe(0);
      startWorker();
      expect(await untilFinished(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
    });

    test('runs again what it calls done but the record calls unfinished', async () => {
      startWorker();
      const { job } = await submit();
      await untilFinished(job.id);
      await database.pool.query("UPDATE job SET finished_at = NULL, state = 'queued'; TRUNCATE stock_data");
      while ((await (await queue.getJob(job.id))?.getState()) !== 'completed') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await relayJobs(database.pool, queue, silent, 0)).toBe(1);
      await untilFinished(job.id);
      expect(await storedRows()).toHaveLength(22);
    });

    test('closes the record of a job it has given up', async () => {
      worker = openWorker(
        address,
        1,
        async () => {
          throw new UnrecoverableError('the worker died');
        },
        silent,
      );
      worker.run().catch(() => undefined);
      const { job } = await submit();
      while ((await (await queue.getJob(job.id))?.getState()) !== 'failed') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await relayJobs(database.pool, queue, silent, 0)).toBe(0);
      expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'failed', error: 'the worker died' });
    });

    test('gets the schedules of this version, each once, in the time of Shanghai', async () => {
      await queue.upsertJobScheduler('of-an-older-version', { pattern: '0 0 * * *' }, { name: 'gone', data: {} });
      await installSchedules(queue);
      await installSchedules(queue);
      const installed = await queue.getJobSchedulers();
      expect(installed.map(({ key, pattern, tz }) => ({ key, pattern, tz }))).toEqual(
        Object.entries(schedules).map(([key, { pattern }]) => ({ key, pattern, tz: 'Asia/Shanghai' })),
      );
      const next = new Date(installed[0]?.next as number);
      expect([next.getUTCHours(), next.getUTCMinutes()]).toEqual([8, 10]);
    });

    test('makes and runs the daily job when its time comes', async () => {
      startWorker();
      await queue.add('daily-ingest', {});
      for (;;) {
        const { rows } = await database.pool.query<JobRecord>('SELECT * FROM job WHERE finished_at IS NOT NULL');
        if (rows[0]) {
          expect(rows[0]).toMatchObject({
            type: 'ingest',
            state: 'completed',
            request: { source: 'sample', symbols: null },
          });
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect((await storedRows()).length).toBeGreaterThan(0);
    });

    test('lets a running job finish when the worker is told to stop', async () => {
      startWorker();
      const { job } = await submit({ ...request, symbols: null, start: '2023-01-03' });
      await until(job.id, ({ state }) => state === 'active');
      await worker?.close();
      expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'completed' });
    });
  });
}
