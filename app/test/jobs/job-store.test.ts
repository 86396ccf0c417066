import {
  countUnfinishedJobs,
  findIdleJobs,
  findJob,
  markCompleted,
  markFailed,
  markForRetry,
  markQueued,
  recordJob,
  startAttempt,
} from '../../src/jobs/job-store';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the record of jobs', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.pool.query('TRUNCATE job CASCADE'));
  afterAll(() => database.drop());

  const request = { source: 'sample', symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-03' };

  test('takes the same unfinished request once', async () => {
    const first = await recordJob(database.pool, 'ingest', request);
    const again = await recordJob(database.pool, 'ingest', { ...request, symbols: ['604981.SH'] });
    expect(first.isNew).toBe(true);
    expect(again).toMatchObject({ isNew: false, job: { id: first.job.id } });
  });

  test('takes the same request anew once the first is finished', async () => {
    const first = await recordJob(database.pool, 'ingest', request);
    await markFailed(database.pool, first.job.id, 'broken');
    const second = await recordJob(database.pool, 'ingest', request);
    expect(second.isNew).toBe(true);
    expect(second.job.id).not.toBe(first.job.id);
  });

  test('takes the same request once from many clients at a time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => recordJob(database.pool, 'ingest', request)));
    expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  test('follows a job through its states', async () => {
    const { job } = await recordJob(database.pool, 'ingest', request);
    expect(job).toMatchObject({ state: 'accepted', attempts: 0, finished_at: null });
    await markQueued(database.pool, job.id);
    expect(await startAttempt(database.pool, job.id)).toMatchObject({ state: 'active', attempts: 1 });
    await markForRetry(database.pool, job.id, 'the network failed');
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'queued', error: 'the network failed' });
    expect(await startAttempt(database.pool, job.id)).toMatchObject({ attempts: 2 });
    await markCompleted(database.pool, job.id, { read: 5 });
    expect(await findJob(database.pool, job.id)).toMatchObject({
      state: 'completed',
      result: { read: 5 },
      error: null,
    });
  });

  test('never begins a finished job again, nor changes its end', async () => {
    const { job } = await recordJob(database.pool, 'ingest', request);
    await markCompleted(database.pool, job.id, {});
    expect(await startAttempt(database.pool, job.id)).toBeUndefined();
    await markFailed(database.pool, job.id, 'too late');
    await markQueued(database.pool, job.id);
    expect(await findJob(database.pool, job.id)).toMatchObject({ state: 'completed', error: null });
  });

  test('finds the unfinished jobs nobody has touched, and counts them by state', async () => {
    const { job } = await recordJob(database.pool, 'ingest', request);
    const finished = await recordJob(database.pool, 'ingest', { ...request, start: '2024-01-01' });
    await markCompleted(database.pool, finished.job.id, {});
    expect(await findIdleJobs(database.pool, 3600, 10)).toEqual([]);
    expect((await findIdleJobs(database.pool, 0, 10)).map(({ id }) => id)).toEqual([job.id]);
    expect(await countUnfinishedJobs(database.pool)).toEqual([{ state: 'accepted', jobs: 1 }]);
  });
});
