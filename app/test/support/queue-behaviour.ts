import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { UnrecoverableError } from 'bullmq';
import fc from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { migrate } from '../../src/database/migrations';
import { ownerRole } from '../../src/database/roles';
import { findScheduleFaults, scheduleNames, setSchedules } from '../../src/jobs/installed-schedules';
import { createJobMetrics } from '../../src/jobs/job-metrics';
import { countChildren, findJob, type JobRecord, type NewJob, recordJob } from '../../src/jobs/job-store';
import type { JobTypes } from '../../src/jobs/job-type';
import { type JobQueue, type JobWorker, openQueue, openWorker } from '../../src/jobs/queue';
import { Relay } from '../../src/jobs/relay';
import { revokeJob } from '../../src/jobs/revoke';
import { createProcessor } from '../../src/jobs/run-job';
import { ScheduleKeeper } from '../../src/jobs/schedule-keeper';
import { schedules } from '../../src/jobs/schedules';
import { addToQueue, submitJob } from '../../src/jobs/submit';
import { SourceError } from '../../src/sources/source-error';
import { createTestDatabase, type TestDatabase } from './database';
import { ingestContext } from './ingest';
import { typescript } from './typescript';

type QueueAddress = { QUEUE_URL: string; QUEUE_PASSWORD: string | undefined };

const silent = pino({ level: 'silent' });
const hangingWorker = path.join(__dirname, 'hanging-worker.ts');
const briefly = () => new Promise((resolve) => setTimeout(resolve, 20));
const never = () => new Promise<never>(() => undefined);
const untilStopped = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** Of the clock, the date alone is moved. */
const doNotFake = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

const note = (text: string, children?: NewJob[]): NewJob => ({
  type: 'note',
  request: { text },
  priority: 5,
  children,
});

/**
 * What holds whichever backend carries the queue.
 *
 * @param addressOf where the queue is for the API, which hands jobs in, for a worker, and for who may empty it
 */
export function describeQueue(
  backend: string,
  addressOf: (database: TestDatabase, who: 'api' | 'worker' | 'owner') => QueueAddress,
): void {
  describe(`the job queue on ${backend}`, () => {
    let database: TestDatabase;
    let address: QueueAddress;
    let queue: JobQueue;
    let owner: JobQueue;
    let worker: JobWorker | undefined;
    let registry: Registry;
    /** Texts of the jobs of type note in the order in which they ran. */
    let notes: string[];
    beforeAll(async () => {
      database = await createTestDatabase();
      address = addressOf(database, 'worker');
      queue = openQueue(addressOf(database, 'api'), silent);
      owner = openQueue(addressOf(database, 'owner'), silent);
    });
    beforeEach(() => {
      notes = [];
    });
    afterEach(async () => {
      await worker?.close();
      worker = undefined;
      await obliterate();
      await database.owner.query('TRUNCATE job, dead_letter CASCADE');
    });
    afterAll(async () => {
      await queue.close();
      await owner.close();
      await database.drop();
    });

    /** Makes the queue forget everything; on PostgreSQL its owner then makes again what it counts jobs by. */
    const obliterate = async () => {
      await owner.obliterate({ force: true });
      await migrate(database.environmentOf(ownerRole), 0, () => undefined);
    };
    const context = () => ({ database: database.pool, queue, logger: silent });
    type Run = JobTypes[string]['run'];
    const noteRun: Run = async (_context, { request }) => {
      notes.push(request.text);
      return `noted ${request.text}`;
    };

    /** Starts a worker whose only job type, note, does what is given. */
    function startWorker(run: Run = noteRun, { concurrency = 2, softTimeLimitSeconds = 60, lockSeconds = 30 } = {}) {
      registry = new Registry();
      const processor = createProcessor(
        { ...ingestContext(database.pool), ...context(), metrics: createJobMetrics(registry, []) },
        { softTimeLimitSeconds, hardTimeLimitSeconds: softTimeLimitSeconds + 0.5 },
        { note: { run } },
      );
      worker = openWorker(address, { concurrency, lockSeconds }, processor, silent);
      worker.run().catch(() => undefined);
    }

    async function until(id: string, isReached: (job: JobRecord) => boolean): Promise<JobRecord> {
      for (;;) {
        const job = (await findJob(database.pool, id)) as JobRecord;
        if (isReached(job)) return job;
        await briefly();
      }
    }
    const untilFinished = (id: string) => until(id, ({ finished_at }) => finished_at !== null);
    const submit = async (job: NewJob = note('once')) => (await submitJob(context(), job)).job;
    const relay = () => new Relay(context(), 0).run();
    const keepSchedules = () => new ScheduleKeeper(queue, database.pool, silent).keep();
    async function untilInQueue(id: string, state: string) {
      while ((await queue.getJobState(id)) !== state) await briefly();
    }
    const deadLetters = async () => (await database.pool.query('SELECT * FROM dead_letter')).rows;

    test('carries a job to a worker and forgets it there, the record keeps its result', async () => {
      startWorker();
      const { id } = await submit();
      expect(await untilFinished(id)).toMatchObject({ state: 'completed', attempts: 1, result: 'noted once' });
      await untilInQueue(id, 'unknown');
      expect(await registry.metrics()).toContain('job_duration_seconds_count{type="note",outcome="completed"} 1');
    });

    test('gives the most urgent job to the next free worker', async () => {
      for (const [text, priority] of [
        ['backfill', 10],
        ['scheduled', 5],
        ['realtime', 1],
      ] as const) {
        await submit({ type: 'note', request: { text }, priority });
      }
      startWorker(noteRun, { concurrency: 1 });
      while (notes.length < 3) await briefly();
      expect(notes).toEqual(['realtime', 'scheduled', 'backfill']);
    });

    test.each([
      ['no worker can do', new UnrecoverableError('no such stock'), 'validation'],
      ['the source refuses', new SourceError('permission', 'not for you'), 'permission'],
    ])('gives up at once on a job that %s, and keeps it as a dead letter', async (_which, error, errorKind) => {
      startWorker(async () => {
        throw error;
      });
      const { id } = await submit();
      const failure = { error: error.message, error_kind: errorKind, attempts: 1 };
      expect(await untilFinished(id)).toMatchObject({ state: 'failed', ...failure });
      await untilInQueue(id, 'failed');
      expect(await deadLetters()).toMatchObject([{ job_id: id, type: 'note', request: { text: 'once' }, ...failure }]);
    });

    test('tries a job again later that failed for a reason that may pass, five times in all', async () => {
      startWorker(async () => {
        throw new SourceError('network', 'connection reset');
      });
      const { id } = await submit();
      for (let attempt = 1; attempt < 5; attempt++) {
        const { not_before } = await until(id, ({ state, attempts }) => state === 'queued' && attempts === attempt);
        const delaySeconds = ((not_before as Date).getTime() - Date.now()) / 1000;
        expect(delaySeconds).toBeLessThanOrEqual(5 * 2 ** (attempt - 1));
        await untilInQueue(id, 'delayed');
        await (await queue.getJob(id))?.promote();
      }
      expect(await untilFinished(id)).toMatchObject({ state: 'failed', attempts: 5, error_kind: 'network' });
      expect(await deadLetters()).toHaveLength(1);
      expect(await registry.metrics()).toContain('job_duration_seconds_count{type="note",outcome="retried"} 4');
    });

    test('puts a job off for as long as a source asks, which is no attempt', async () => {
      let isLimited = true;
      startWorker(async () => {
        if (isLimited) throw new SourceError('rate_limit', 'at most 2 calls a minute', 60);
      });
      const { id } = await submit();
      const putOff = await until(id, ({ not_before }) => not_before !== null);
      expect(putOff).toMatchObject({ state: 'queued', attempts: 0, deferrals: 1, error_kind: 'rate_limit' });
      expect((putOff.not_before as Date).getTime() - Date.now()).toBeGreaterThan(50_000);
      await untilInQueue(id, 'delayed');
      expect(await relay()).toBe(0);
      isLimited = false;
      await (await queue.getJob(id))?.promote();
      expect(await untilFinished(id)).toMatchObject({ state: 'completed', attempts: 1, not_before: null, error: null });
    });

    test('is handed a job again whose time has come and which it lost', async () => {
      startWorker(async () => {
        throw new SourceError('breaker_open', 'it failed a moment ago', 60);
      });
      const { id } = await submit();
      await until(id, ({ not_before }) => not_before !== null);
      await worker?.close();
      await obliterate();
      expect(await relay()).toBe(0);
      await database.pool.query("UPDATE job SET not_before = now() - interval '1 s'");
      expect(await relay()).toBe(1);
      startWorker();
      expect(await untilFinished(id)).toMatchObject({ state: 'completed' });
    });

    test('stops a job at the soft time limit and leaves it for another attempt', async () => {
      startWorker((_context, _job, signal) => untilStopped(signal), { softTimeLimitSeconds: 0.5 });
      const { id } = await submit();
      expect(await until(id, ({ error }) => error !== null)).toMatchObject({
        state: 'queued',
        error: 'stopped after 0.5 s (CELERY_TASK_SOFT_TIME_LIMIT)',
        error_kind: 'soft_time_limit',
        finished_at: null,
      });
      await untilInQueue(id, 'delayed');
      expect(await registry.metrics()).toContain('job_timeouts_total{kind="soft"} 1');
    });

    test('gives a job up that does not stop when asked, and goes on to the next', async () => {
      startWorker((_context, { request }) => (request.text === 'stuck' ? never() : Promise.resolve('done')), {
        concurrency: 1,
        softTimeLimitSeconds: 0.5,
      });
      const stuck = await submit(note('stuck'));
      const next = await submit(note('next'));
      expect(await untilFinished(next.id)).toMatchObject({ state: 'completed' });
      expect(await findJob(database.pool, stuck.id)).toMatchObject({
        state: 'queued',
        error: 'given up after 1 s (CELERY_TASK_TIME_LIMIT)',
        error_kind: 'hard_time_limit',
      });
      expect(await registry.metrics()).toContain('job_timeouts_total{kind="hard"} 1');
    });

    test('is handed again what it lost', async () => {
      const { id } = await submit();
      await obliterate();
      expect(await relay()).toBe(1);
      expect(await relay()).toBe(0);
      startWorker();
      expect(await untilFinished(id)).toMatchObject({ state: 'completed', attempts: 1 });
    });

    test('gives a job that is asked for again more urgently to the next free worker', async () => {
      const slow = await submit({ ...note('same'), priority: 100 });
      await submit({ ...note('other'), priority: 50 });
      expect(await submit({ ...note('same'), priority: 1 })).toMatchObject({ id: slow.id, priority: 1 });
      expect(await submit({ ...note('same'), priority: 90 })).toMatchObject({ priority: 1 });
      startWorker(noteRun, { concurrency: 1 });
      await untilFinished(slow.id);
      expect(notes[0]).toBe('same');
    });

    test('is handed what it lost however many jobs it still has', async () => {
      const { rows } = await database.pool.query<JobRecord>(
        `INSERT INTO job (type, request, state) SELECT 'note', json_build_object('number', number), 'queued'
         FROM generate_series(1, 501) AS number RETURNING *`,
      );
      const [lost, ...kept] = rows.sort((one, other) => (one.id < other.id ? 1 : -1));
      await addToQueue(queue, kept);
      const sameRelay = new Relay(context(), 0);
      // It works for a few seconds at a time, and goes on where it stopped.
      while ((await sameRelay.run()) === 0);
      expect(await sameRelay.run()).toBe(0);
      expect(await queue.getJobState(lost?.id as string)).toBe('prioritized');
    });

    test('is handed at once what it is known not to have, the most urgent first, whatever the backlog', async () => {
      await database.pool.query(
        `INSERT INTO job (type, request, state, updated_at)
         SELECT 'note', json_build_object('number', number), 'queued', now() - interval '1 h' FROM generate_series(1, 2000) AS number`,
      );
      const { rows } = await database.pool.query<JobRecord>(
        `INSERT INTO job (type, request, state, priority)
         SELECT 'note', json_build_object('late', number), 'accepted', 2 FROM generate_series(1, 501) AS number RETURNING *`,
      );
      const { rows: urgent } = await database.pool.query<JobRecord>(
        `INSERT INTO job (type, request, state, priority) VALUES ('note', '{}', 'accepted', 1) RETURNING *`,
      );
      const added: string[] = [];
      const addBulk = queue.addBulk.bind(queue);
      const spy = jest.spyOn(queue, 'addBulk').mockImplementation((jobs) => {
        added.push(...jobs.map(({ opts }) => opts?.jobId as string));
        return addBulk(jobs);
      });
      await relay();
      spy.mockRestore();
      expect(added[0]).toBe(urgent[0]?.id);
      expect(new Set(added.slice(0, 502))).toEqual(new Set([...urgent, ...rows].map(({ id }) => id)));
    });

    test('is handed what was recorded by a process that died before it handed it over', async () => {
      const { job } = await recordJob(database.pool, note('once'));
      expect(job.state).toBe('accepted');
      expect(await relay()).toBe(1);
      expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'queued' });
      expect(await relay()).toBe(0);
      startWorker();
      expect(await untilFinished(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
    });

    test('is handed what was recorded while it could not be reached', async () => {
      const refusing = jest.spyOn(queue, 'add').mockRejectedValueOnce(new Error('away'));
      const job = await submit();
      refusing.mockRestore();
      expect(job.state).toBe('accepted');
      expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'accepted' });
      expect(await relay()).toBe(1);
      startWorker();
      expect(await untilFinished(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
    });

    test('has a job once that it was handed although nobody could note that, and runs it once', async () => {
      const { job } = await recordJob(database.pool, note('once'));
      await addToQueue(queue, [job]);
      expect(await relay()).toBe(1);
      expect(await queue.getJobCountByTypes('waiting', 'prioritized')).toBe(1);
      startWorker();
      expect(await untilFinished(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
      expect(notes).toEqual(['once']);
    });

    test('closes the record of a job that took down worker after worker', async () => {
      worker = openWorker(
        address,
        { concurrency: 1 },
        async () => {
          throw new UnrecoverableError('job stalled more than allowable limit');
        },
        silent,
      );
      worker.run().catch(() => undefined);
      const { id } = await submit();
      await untilInQueue(id, 'failed');
      expect(await relay()).toBe(0);
      expect(await findJob(database.pool, id)).toMatchObject({ state: 'failed', error_kind: 'worker_lost' });
      expect(await deadLetters()).toHaveLength(1);
    });

    test('gives a job whose worker was killed to another one', async () => {
      const killed = spawn(process.execPath, [...typescript, hangingWorker], {
        env: { PATH: process.env.PATH, ...database.environment, ...address },
        stdio: 'inherit',
      });
      const { id } = await submit();
      await until(id, ({ state }) => state === 'active');
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      startWorker(noteRun, { lockSeconds: 1 });
      expect(await untilFinished(id)).toMatchObject({ state: 'completed', attempts: 2 });
      expect(notes).toEqual(['once']);
    });

    describe('revokes', () => {
      test('a job that waits: no worker runs it', async () => {
        const { id } = await submit();
        expect(await revokeJob(context(), id)).toMatchObject({ job: { state: 'revoked' }, wasFinished: false });
        expect(await queue.getJobState(id)).toBe('unknown');
        expect(await revokeJob(context(), id)).toMatchObject({ job: { state: 'revoked' }, wasFinished: true });
        startWorker();
        await untilFinished((await submit(note('later'))).id);
        expect(notes).toEqual(['later']);
      });

      test.each([
        ['stops when asked', (signal: AbortSignal) => untilStopped(signal)],
        ['does not', never],
      ])('a running job that %s', async (_which, work) => {
        startWorker((_context, _job, signal) => work(signal));
        const { id } = await submit();
        await until(id, ({ state }) => state === 'active');
        expect(await revokeJob(context(), id)).toMatchObject({ job: { state: 'active' }, wasFinished: false });
        expect(await untilFinished(id)).toMatchObject({ state: 'revoked', attempts: 1 });
        expect(await deadLetters()).toEqual([]);
        expect(await registry.metrics()).toContain('job_duration_seconds_count{type="note",outcome="revoked"} 1');
      });

      test('a job whose worker died before it noticed', async () => {
        const { id } = await submit();
        await database.pool.query("UPDATE job SET state = 'active', attempts = 1");
        await revokeJob(context(), id);
        startWorker();
        expect(await untilFinished(id)).toMatchObject({ state: 'revoked' });
        expect(notes).toEqual([]);
      });

      test('the children with their parent, and nothing of it runs', async () => {
        const parent = await submit(note('parent', [note('1'), note('2', [note('2.1')])]));
        await revokeJob(context(), parent.id);
        const { rows } = await database.pool.query<JobRecord>('SELECT * FROM job');
        expect(rows.map(({ state }) => state)).toEqual(['revoked', 'revoked', 'revoked', 'revoked']);
        expect(await queue.getJobCountByTypes()).toBe(0);
      });

      test('one child, which its parent then no longer waits for', async () => {
        const parent = await submit(note('parent', [note('child')]));
        const { rows } = await database.pool.query<JobRecord>('SELECT id FROM job WHERE parent_id = $1', [parent.id]);
        await revokeJob(context(), rows[0]?.id as string);
        startWorker();
        expect(await untilFinished(parent.id)).toMatchObject({ state: 'completed' });
        expect(notes).toEqual(['parent']);
      });
    });

    describe('runs a parent after its children', () => {
      test('chains included, also when some of them failed', async () => {
        startWorker(async (jobContext, job, signal) => {
          if (job.request.text === 'bad') throw new UnrecoverableError('bad');
          return noteRun(jobContext, job, signal);
        });
        const parent = await submit(note('3', [note('2', [note('1')]), note('bad')]));
        expect(parent.state).toBe('waiting');
        expect(await untilFinished(parent.id)).toMatchObject({ state: 'completed', unfinished_children: 0 });
        expect(notes).toEqual(['1', '2', '3']);
        expect(await countChildren(database.pool, parent.id)).toEqual({ completed: 1, failed: 1 });
      });

      test('when the queue lost everything in between', async () => {
        const parent = await submit(note('2', [note('1')]));
        await obliterate();
        await relay();
        startWorker();
        expect(await untilFinished(parent.id)).toMatchObject({ state: 'completed' });
        expect(notes).toEqual(['1', '2']);
      });

      test('when the worker died between the last child and handing over the parent', async () => {
        const parent = await submit(note('2', [note('1')]));
        startWorker(noteRun);
        await until(parent.id, ({ unfinished_children }) => unfinished_children === 0);
        await worker?.close();
        await database.pool.query("UPDATE job SET state = 'accepted', finished_at = NULL WHERE parent_id IS NULL");
        await obliterate();
        notes = [];
        expect(await relay()).toBe(1);
        startWorker();
        await untilFinished(parent.id);
        expect(notes).toEqual(['2']);
      });

      test('once, in whatever order and however the children finish', async () => {
        startWorker(
          async (jobContext, job, signal) => {
            await new Promise((resolve) => setTimeout(resolve, job.request.milliseconds));
            if (job.request.fails) throw new UnrecoverableError('failed');
            return noteRun(jobContext, job, signal);
          },
          { concurrency: 8 },
        );
        const child = fc.record({ milliseconds: fc.nat(20), fails: fc.boolean() });
        await fc.assert(
          fc.asyncProperty(fc.array(child, { minLength: 1, maxLength: 12 }), async (children) => {
            notes = [];
            const parent = await submit(
              note(
                'parent',
                children.map((request) => ({ type: 'note', request: { ...request, text: 'child' }, priority: 5 })),
              ),
            );
            await untilFinished(parent.id);
            await relay();
            await relay();
            while ((await queue.getJobCountByTypes('waiting', 'prioritized', 'active')) > 0) await briefly();
            expect(notes.filter((text) => text === 'parent')).toHaveLength(1);
            expect(notes.at(-1)).toBe('parent');
            expect(notes.length).toBe(1 + children.filter(({ fails }) => !fails).length);
          }),
          { numRuns: 15 },
        );
      });
    });

    test('gets the schedules of this version, each once, in the time of Shanghai', async () => {
      await queue.upsertJobScheduler('of-an-older-version', { pattern: '0 0 * * *' }, { name: 'gone', data: {} });
      await keepSchedules();
      await keepSchedules();
      const installed = await queue.getJobSchedulers();
      expect(installed.map(({ key, pattern, tz }) => ({ key, pattern, tz }))).toEqual(
        expect.arrayContaining(
          Object.entries(schedules).map(([key, { pattern }]) => ({ key, pattern, tz: 'Asia/Shanghai' })),
        ),
      );
      expect(installed).toHaveLength(Object.keys(schedules).length);
    });

    describe('keeps its schedules', () => {
      const nextRuns = async () =>
        Object.fromEntries((await queue.getJobSchedulers()).map(({ key, next }) => [key, next]));

      test('where two schedulers set them at once', async () => {
        await Promise.all([keepSchedules(), keepSchedules()]);
        expect(await findScheduleFaults(queue)).toEqual(new Map());
        // Each once; the time of one may have come meanwhile.
        const runs = await queue.getJobs(['delayed', 'waiting']);
        expect(runs.map(({ name }) => name).sort()).toEqual([...scheduleNames].sort());
      });

      test('when it has lost everything', async () => {
        await keepSchedules();
        await obliterate();
        for (const name of scheduleNames) await queue.removeJobScheduler(name);
        expect([...(await findScheduleFaults(queue)).values()]).toEqual(scheduleNames.map(() => 'missing'));
        await keepSchedules();
        expect(await findScheduleFaults(queue)).toEqual(new Map());
      });

      test('when one is that of another version, or its next run was lost', async () => {
        await keepSchedules();
        await queue.upsertJobScheduler('reconcile', { pattern: '0 0 * * *' }, { name: 'reconcile', data: {} });
        const { quotes } = await nextRuns();
        await queue.removeJobScheduler('quotes');
        expect(await findScheduleFaults(queue)).toEqual(
          new Map([
            ['reconcile', 'other'],
            ['quotes', 'missing'],
          ]),
        );
        await keepSchedules();
        expect(await findScheduleFaults(queue)).toEqual(new Map());
        expect((await nextRuns()).quotes).toBeGreaterThanOrEqual(quotes as number);
      });

      test('leaving alone those that are as they should be', async () => {
        await keepSchedules();
        const before = await queue.getDelayed();
        await keepSchedules();
        const timestamps = (jobs: typeof before) => jobs.map(({ id, timestamp }) => [id, timestamp]).sort();
        expect(timestamps(await queue.getDelayed())).toEqual(timestamps(before));
      });

      describe('when they were set by a clock that was ahead', () => {
        afterEach(() => jest.useRealTimers());

        test('moving them back once, and not over and over where whoever runs them is ahead', async () => {
          const keeper = new ScheduleKeeper(queue, database.pool, silent);
          const setAhead = async () => {
            jest.useFakeTimers({ doNotFake, now: Date.now() + 8 * 24 * 3600 * 1000 });
            await setSchedules(queue, ['reconcile']);
            jest.useRealTimers();
          };
          await keeper.keep();
          const { reconcile } = await nextRuns();
          await setAhead();
          expect(await findScheduleFaults(queue)).toEqual(new Map([['reconcile', 'late']]));
          const late = await nextRuns();
          expect(late.reconcile).toBeGreaterThan(reconcile as number);
          await keeper.keep();
          expect((await nextRuns()).reconcile).toBe(reconcile);
          await setAhead();
          await keeper.keep();
          expect((await nextRuns()).reconcile).toBe(late.reconcile);
        });

        test('but not while this clock is the one that is wrong', async () => {
          await keepSchedules();
          const before = await nextRuns();
          jest.useFakeTimers({ doNotFake, now: Date.now() - 8 * 24 * 3600 * 1000 });
          expect((await findScheduleFaults(queue)).size).toBeGreaterThan(0);
          await keepSchedules();
          expect(await nextRuns()).toEqual(before);
        });
      });
    });

    test('runs a schedule when its time comes', async () => {
      startWorker();
      await queue.add('trading-calendar', {});
      for (let recorded = 0; recorded === 0; await briefly()) {
        recorded =
          (await database.pool.query('SELECT FROM job WHERE request @> \'{"dataset": "trade_cal"}\'')).rowCount ?? 0;
      }
    });

    test('gives up what is neither a schedule of this version nor a recorded job', async () => {
      startWorker();
      await queue.add('schedule-of-an-older-version', {}, { jobId: 'not-a-record' });
      await untilInQueue('not-a-record', 'failed');
      expect(await queue.getJobCounts('delayed', 'waiting', 'prioritized', 'active')).toEqual({
        delayed: 0,
        waiting: 0,
        prioritized: 0,
        active: 0,
      });
    });

    test('lets a running job finish when the worker is told to stop', async () => {
      startWorker(async (jobContext, job, signal) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return noteRun(jobContext, job, signal);
      });
      const { id } = await submit();
      await until(id, ({ state }) => state === 'active');
      await worker?.close();
      expect(await findJob(database.pool, id)).toMatchObject({ state: 'completed' });
    });
  });
}
