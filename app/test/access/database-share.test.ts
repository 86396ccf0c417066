import { pino } from 'pino';
import { DatabaseShares, TooManyQueries } from '../../src/access/database-share';
import { type Database, inTransaction } from '../../src/database/pool';
import { DatabasePulse } from '../../src/database/pulse';
import { sql } from '../../src/database/sql';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the share of an API key in the database', () => {
  let database: TestDatabase;
  let shares: DatabaseShares;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() => {
    const pulse = new DatabasePulse(database.pool, pino({ level: 'silent' }));
    shares = new DatabaseShares({ database: database.pool, pulse, places: 2 });
  });
  afterAll(() => database.drop());

  const one = sql`SELECT 1 AS one`;
  const slow = (share: Database, seconds: number) => share.query(sql`SELECT pg_sleep($1)`, [seconds]);
  const refusal = new TooManyQueries(
    'requests of this key that are under way ask the database 2 questions, the most allowed at a time; make fewer at once',
  );

  test('lets what is asked beyond it wait for a moment, and refuses it then', async () => {
    const share = shares.of('greedy');
    const underWay = [slow(share, 3), slow(share, 3)];
    const started = performance.now();
    await expect(share.query(one)).rejects.toThrow(refusal);
    expect(performance.now() - started).toBeLessThan(2_500);
    await expect(share.connect()).rejects.toThrow(refusal);
    await Promise.all(underWay);
    expect((await share.query(one)).rows).toEqual([{ one: 1 }]);
  });

  test('gives a place that comes free to the one that has waited longest', async () => {
    const share = shares.of('busy');
    const order: string[] = [];
    const ask = async (name: string) => {
      await share.query(one);
      order.push(name);
    };
    const underWay = [slow(share, 0.3), slow(share, 5).catch(() => undefined)];
    await Promise.all(['first', 'second', 'third'].map(ask));
    expect(order).toEqual(['first', 'second', 'third']);
    await Promise.all(underWay);
  });

  test('refuses at once what would wait behind too many others', async () => {
    const share = shares.of('flood');
    const underWay = [slow(share, 2), slow(share, 2)];
    const asked = Array.from({ length: 41 }, () => share.query(one));
    const waiting = Promise.allSettled(asked);
    await expect(asked[40]).rejects.toThrow(refusal);
    expect((await waiting).every(({ status }) => status === 'rejected')).toBe(true);
    await Promise.all(underWay);
  });

  test('is not that of another key', async () => {
    const underWay = [slow(shares.of('greedy'), 1), slow(shares.of('greedy'), 1)];
    const started = performance.now();
    await shares.of('modest').query(one);
    expect(performance.now() - started).toBeLessThan(900);
    await Promise.all(underWay);
  });

  test('counts a transaction as one, until it has ended', async () => {
    const share = shares.of('writer');
    const inOne = (work: () => Promise<unknown>) =>
      inTransaction(share, async (client) => {
        await client.query(one);
        await work();
      });
    await inOne(async () => {
      await inOne(() => expect(share.query(one)).rejects.toThrow(refusal));
      await expect(inOne(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    });
    await Promise.all([share.query(one), share.query(one)]);
  });
});
