import {
  countUnfinishedJobs,
  findIdleJobs,
  findJob,
  listJobs,
  markCompleted,
  markFailed,
  markQueued,
  postpone,
  recordGroup,
  recordJob,
  startAttempt,
} from '../../src/jobs/job-store';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the record of jobs', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.owner.query('TRUNCATE job, dead_letter CASCADE'));
  afterAll(() => database.drop());

  const request = { source: 'sample', symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-03' };
  const ingest = (changes: object = {}) => ({ type: 'ingest', request: { ...request, ...changes }, priority: 5 });

  test('takes the same unfinished request once', async () => {
    const first = await recordJob(database.pool, ingest());
    const again = await recordJob(database.pool, ingest({ symbols: ['604981.SH'] }));
    expect(first.isNew).toBe(true);
    expect(again).toMatchObject({ isNew: false, job: { id: first.job.id } });
  });

  test('takes the same request anew once the first is finished', async () => {
    const first = await recordJob(database.pool, ingest());
    await markFailed(database.pool, first.job.id, 'broken', 'internal');
    const second = await recordJob(database.pool, ingest());
    expect(second.isNew).toBe(true);
    expect(second.job.id).not.toBe(first.job.id);
  });

  test('takes the same request once from many clients at a time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => recordJob(database.pool, ingest())));
    expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  test('goes on over the connections it has when a later version adds a column', async () => {
    const one = await database.pool.connect();
    try {
      const { job } = await recordJob(one, ingest());
      await startAttempt(one as unknown as typeof database.pool, job.id);
      await database.owner.query('ALTER TABLE job ADD of_a_later_version int');
      expect(await recordJob(one, ingest({ start: '2024-01-01' }))).toMatchObject({ isNew: true });
      expect(await startAttempt(one as unknown as typeof database.pool, job.id)).toMatchObject({ attempts: 2 });
    } finally {
      await database.owner.query('ALTER TABLE job DROP IF EXISTS of_a_later_version');
      one.release();
    }
  });

  test('takes the same group once, with each of its children', async () => {
    const group = { type: 'backfill', request: {}, priority: 10, children: [ingest(), ingest()] };
    const all = await Promise.all(Array.from({ length: 10 }, () => recordGroup(database.pool, group)));
    expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
    expect(all.flatMap(({ ready }) => ready)).toHaveLength(2);
    expect((await database.pool.query('SELECT FROM job')).rowCount).toBe(3);
  });

  test('follows a job through its states', async () => {
    const { job } = await recordJob(database.pool, ingest());
    expect(job).toMatchObject({ state: 'accepted', attempts: 0, finished_at: null });
    await markQueued(database.pool, [job.id]);
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'queued' });
    expect(await startAttempt(database.pool, job.id)).toMatchObject({ state: 'active', attempts: 1 });
    // The hand-over is noted after the worker has taken the job up.
    await markQueued(database.pool, [job.id]);
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'active' });
    const failure = { delaySeconds: 5, error: 'the network failed', errorKind: 'network', isDeferral: false };
    await postpone(database.pool, job.id, failure);
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'queued', error: 'the network failed' });
    expect(await startAttempt(database.pool, job.id)).toMatchObject({ attempts: 2, not_before: null });
    await markCompleted(database.pool, job.id, { read: 5 });
    expect(await findJob(database.pool, job.id)).toMatchObject({
      state: 'completed',
      result: { read: 5 },
      error: null,
      error_kind: null,
    });
  });

  test('never begins a finished job again, nor changes its end', async () => {
    const { job } = await recordJob(database.pool, ingest());
    await markCompleted(database.pool, job.id, {});
    expect(await startAttempt(database.pool, job.id)).toBeUndefined();
    await markFailed(database.pool, job.id, 'too late', 'internal');
    await markQueued(database.pool, [job.id]);
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'completed', error: null });
    expect((await database.pool.query('SELECT FROM dead_letter')).rowCount).toBe(0);
  });

  test('never begins a job that waits for its children', async () => {
    const { job } = await recordGroup(database.pool, { ...ingest(), children: [ingest()] });
    expect(await startAttempt(database.pool, job.id)).toBeUndefined();
  });

  test('finds the unfinished jobs nobody has touched, and counts them by state', async () => {
    const { job } = await recordJob(database.pool, ingest());
    const finished = await recordJob(database.pool, ingest({ start: '2024-01-01' }));
    await markCompleted(database.pool, finished.job.id, {});
    expect((await findIdleJobs(database.pool, 3600, 10)).jobs).toEqual([]);
    expect(await countUnfinishedJobs(database.pool)).toEqual([{ state: 'accepted', jobs: 1 }]);
    expect((await findIdleJobs(database.pool, 0, 10)).jobs).toEqual([]);
    await markQueued(database.pool, [job.id]);
    const { jobs, end } = await findIdleJobs(database.pool, 0, 10);
    expect(jobs.map(({ id }) => id)).toEqual([job.id]);
    expect(await findIdleJobs(database.pool, 0, 10, end)).toEqual({ jobs: [], end: undefined });
    expect(await countUnfinishedJobs(database.pool)).toEqual([{ state: 'queued', jobs: 1 }]);
  });

  test('lists every job once over its pages, the newest first, also those made at the same moment', async () => {
    const { job } = await recordJob(database.pool, ingest());
    const children = Array.from({ length: 9 }, (_, day) => ingest({ start: `2024-01-0${day + 1}` }));
    await recordGroup(database.pool, { type: 'backfill', request: {}, priority: 10, children });
    const listed: string[] = [];
    for (let page = await listJobs(database.pool, {}, 4); page.length > 0; ) {
      listed.push(...page.map(({ id }) => id));
      page = await listJobs(database.pool, {}, 4, page.at(-1)?.position);
    }
    expect(new Set(listed).size).toBe(11);
    expect(listed).toHaveLength(11);
    expect(listed.at(-1)).toBe(job.id);
    expect(await listJobs(database.pool, { type: 'backfill', state: 'waiting' }, 10)).toHaveLength(1);
    expect(await listJobs(database.pool, { type: 'backfill', state: 'accepted' }, 10)).toHaveLength(0);
  });
});
