import fc from 'fast-check';
import { createPool, type DatabasePool } from '../../src/database/pool';
import { forgetCredentialErrors, listSourceApis, SourceApi } from '../../src/sources/source-api';
import { SourceError } from '../../src/sources/source-error';
import { createTestDatabase, type TestDatabase } from '../support/database';

const key = { source: 'tushare', api: 'daily' };
const probeSeconds = 30;
const plenty = 100_000;

describe('an interface of a source, shared by all processes', () => {
  let database: TestDatabase;
  let otherProcess: DatabasePool;
  beforeAll(async () => {
    database = await createTestDatabase();
    otherProcess = createPool({ ...database.environment, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 4 }, 'test');
    otherProcess.on('error', () => undefined);
  });
  afterEach(() => database.owner.query('TRUNCATE source_api'));
  afterAll(async () => {
    await otherProcess.end();
    await database.drop();
  });

  const open = (callsPerMinute = plenty, pool: DatabasePool = database.pool) =>
    new SourceApi(pool, key, callsPerMinute, probeSeconds);
  const state = async () => (await database.pool.query('SELECT * FROM source_api')).rows[0];
  /** Lets time go by, for the table. */
  const letPass = (seconds: number) =>
    database.pool.query(
      `UPDATE source_api SET open_until = open_until - make_interval(secs => $1),
         refilled_at = refilled_at - make_interval(secs => $1), failed_at = failed_at - make_interval(secs => $1)`,
      [seconds],
    );
  const isRefused = (api: SourceApi) =>
    api.takeCall().then(
      () => false,
      (error: SourceError) => error.kind === 'breaker_open',
    );

  /** Asks again where that is worth it: a caller that came second may have read the row before the first one's call. */
  async function askUntilDecided(api: SourceApi): Promise<string> {
    for (;;) {
      try {
        if ((await api.takeCall()) === 0) return 'granted';
      } catch (error) {
        return (error as SourceError).kind;
      }
    }
  }

  describe('its budget', () => {
    /** Calls that two processes get when they ask for them all at once. */
    async function takeAtOnce(callsPerMinute: number, calls: number): Promise<number> {
      const processes = [open(callsPerMinute), open(callsPerMinute, otherProcess)] as const;
      const waits = await Promise.all(
        Array.from({ length: calls }, (_, index) => (index % 2 === 0 ? processes[0] : processes[1]).takeCall()),
      );
      return waits.filter((seconds) => seconds === 0).length;
    }

    test('is never overdrawn in any minute, however two processes ask for it', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 80 }),
          fc.array(
            fc.record({ calls: fc.integer({ min: 4, max: 10 }), pauseSeconds: fc.integer({ min: 1, max: 3 }) }),
            {
              minLength: 30,
              maxLength: 40,
            },
          ),
          async (callsPerMinute, bursts) => {
            await database.owner.query('TRUNCATE source_api');
            const granted: { second: number; calls: number }[] = [];
            let second = 0;
            const started = performance.now();
            for (const { calls, pauseSeconds } of bursts) {
              granted.push({ second, calls: await takeAtOnce(callsPerMinute, calls) });
              await letPass(pauseSeconds);
              second += pauseSeconds;
            }
            // The test takes time too, in which the budget refills.
            const refilled = (callsPerMinute * (performance.now() - started)) / 60_000 + 1;
            for (const { second: from } of granted) {
              const inMinute = granted.filter((burst) => burst.second >= from && burst.second < from + 60);
              const sum = inMinute.reduce((total, burst) => total + burst.calls, 0);
              expect(sum).toBeLessThanOrEqual(callsPerMinute + refilled);
            }
          },
        ),
        { numRuns: 8, endOnFailure: true },
      );
    });

    test('gives the first calls at once and says how long to wait for the next', async () => {
      const api = open(30);
      expect(await Promise.all([api.takeCall(), api.takeCall(), api.takeCall()])).toEqual([0, 0, 0]);
      const waitSeconds = await api.takeCall();
      expect(waitSeconds).toBeGreaterThan(0);
      expect(waitSeconds).toBeLessThanOrEqual(60 / 28);
      await letPass(waitSeconds);
      expect(await api.takeCall()).toBe(0);
    });

    test('does not grow beyond a burst while nobody calls', async () => {
      await open(30).takeCall();
      await letPass(3600);
      expect(await takeAtOnce(30, 10)).toBe(3);
    });

    test('is one for each interface', async () => {
      const other = new SourceApi(database.pool, { source: 'tushare', api: 'adj_factor' }, 1, probeSeconds);
      expect(await open(1).takeCall()).toBe(0);
      expect(await other.takeCall()).toBe(0);
      expect(await open(1).takeCall()).toBeGreaterThan(0);
    });
  });

  describe('its circuit breaker', () => {
    const fault = new SourceError('network', 'ECONNRESET');
    const failTimes = async (times: number) => {
      for (let time = 0; time < times; time++) await open().recordFailure(fault, 5);
    };

    test('refuses calls after five faults in a row, and says after which', async () => {
      await failTimes(4);
      expect(await open().takeCall()).toBe(0);
      expect(await open().recordFailure(fault, 5)).toBe(true);
      await expect(open(plenty, otherProcess).takeCall()).rejects.toMatchObject({
        kind: 'breaker_open',
        message: 'tushare daily is not called for another 60 s, after: ECONNRESET',
        retryAfterSeconds: 60,
      });
    });

    test('counts only faults in a row', async () => {
      await failTimes(4);
      await open().recordAnswer(5);
      await failTimes(4);
      expect(await open().takeCall()).toBe(0);
    });

    test('lets exactly one call through after the pause, of all that many processes try', async () => {
      await failTimes(5);
      await letPass(61);
      const callers = Array.from({ length: 12 }, (_, index) => open(plenty, index % 2 ? otherProcess : database.pool));
      const outcomes = await Promise.all(callers.map(askUntilDecided));
      expect(outcomes.toSorted()).toEqual([...Array(11).fill('breaker_open'), 'granted']);
    });

    test('lets everybody through once that call was answered', async () => {
      await failTimes(5);
      await letPass(61);
      await open().takeCall();
      await open().recordAnswer(5);
      expect(await isRefused(open())).toBe(false);
      expect(await state()).toMatchObject({ consecutive_failures: 0, open_until: null });
    });

    test('refuses for another minute when that call fails too', async () => {
      await failTimes(5);
      await letPass(61);
      await open().takeCall();
      expect(await open().recordFailure(fault, 5)).toBe(true);
      await letPass(50);
      expect(await isRefused(open())).toBe(true);
    });

    test('lets another call through when the process that had it is gone', async () => {
      await failTimes(5);
      await letPass(61);
      await open().takeCall();
      expect(await isRefused(open())).toBe(true);
      await letPass(probeSeconds + 1);
      expect(await isRefused(open())).toBe(false);
    });

    test.each([
      { kind: 'rate_limit', asked: 3600, seconds: 3600 },
      { kind: 'rate_limit', asked: undefined, seconds: 60 },
      { kind: 'network', asked: 120, seconds: 120 },
      { kind: 'auth', asked: undefined, seconds: 3600 },
      { kind: 'permission', asked: undefined, seconds: 3600 },
    ] as const)('refuses for $seconds s after $kind', async ({ kind, asked, seconds }) => {
      expect(await open().recordFailure(new SourceError(kind, 'no', asked), 5)).toBe(true);
      await letPass(seconds - 2);
      expect(await isRefused(open())).toBe(true);
      await letPass(4);
      expect(await isRefused(open())).toBe(false);
    });

    test('refuses until midnight in Shanghai once the calls of the day are used up', async () => {
      await open().recordFailure(new SourceError('quota', 'no more today'), 5);
      const { rows } = await database.pool.query(
        `SELECT to_char((open_until + interval '30 s') AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') AS time FROM source_api`,
      );
      expect(rows).toEqual([{ time: '00:00' }]);
    });

    test('is not opened by the answer to a call from before the failure', async () => {
      await open().recordFailure(new SourceError('rate_limit', 'slow down', 60), 5);
      await open().recordAnswer(60_000);
      expect(await isRefused(open())).toBe(true);
    });

    test('does not shorten a pause because of a later fault', async () => {
      await open().recordFailure(new SourceError('rate_limit', 'once an hour', 3600), 5);
      await failTimes(5);
      await letPass(120);
      expect(await isRefused(open())).toBe(true);
    });

    test('forgets wrong credentials when asked to, and nothing else', async () => {
      const limited = new SourceApi(database.pool, { source: 'wind', api: 'wsd' }, plenty, probeSeconds);
      await limited.recordFailure(new SourceError('rate_limit', 'slow down'), 5);
      await open().recordFailure(new SourceError('auth', 'wrong token'), 5);
      await forgetCredentialErrors(database.pool);
      expect(await isRefused(open())).toBe(false);
      expect(await isRefused(limited)).toBe(true);
    });

    test('is reported for every interface', async () => {
      await failTimes(5);
      await new SourceApi(database.pool, { source: 'wind', api: 'wsd' }, plenty, probeSeconds).takeCall();
      expect(await listSourceApis(database.pool)).toEqual([
        { source: 'tushare', api: 'daily', isOpen: true },
        { source: 'wind', api: 'wsd', isOpen: false },
      ]);
    });
  });

  test.each([
    ['an answer', () => open().recordAnswer(5)],
    ['a failure', () => open().recordFailure(new SourceError('data', 'no JSON'), 5)],
  ])('takes note of %s even when its record was removed meanwhile', async (_, record) => {
    await open().takeCall();
    await database.pool.query('DELETE FROM source_api');
    await record();
    expect(await state()).toMatchObject({ ...key, duration_ms: 5 });
  });
});
