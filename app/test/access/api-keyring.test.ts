import { pino } from 'pino';
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/access/api-key';
import { ApiKeyring, TooManyLookUps } from '../../src/access/api-keyring';
import { DatabaseAway } from '../../src/database/pulse';
import { createTestDatabase, type TestDatabase } from '../support/database';

const secretKey = 's'.repeat(32);

describe('the API keys in use', () => {
  let database: TestDatabase;
  let keyring: ApiKeyring;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'queueMicrotask'] });
    keyring = new ApiKeyring(database.reader, secretKey, pino({ level: 'silent' }));
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
  afterAll(() => database.drop());

  const create = () => createApiKey(database.reader, secretKey, 'tests', ['read'], 30);
  const later = (seconds: number) => jest.setSystemTime(Date.now() + seconds * 1000);
  const databaseIsDown = () =>
    jest.spyOn(database.reader, 'query').mockImplementation(() => Promise.reject(new Error('ECONNREFUSED')));

  test('are looked up once for requests at the same time, and not again for five seconds', async () => {
    const { key, apiKey } = await create();
    const query = jest.spyOn(database.reader, 'query');
    const found = await Promise.all(Array.from({ length: 5 }, () => keyring.find(key)));
    expect(found.map((one) => [one?.id, one?.requests_per_minute])).toEqual(Array(5).fill([apiKey.id, 30]));
    later(4);
    await keyring.find(key);
    // One look-up, and the note that the key is in use.
    expect(query).toHaveBeenCalledTimes(2);
    later(2);
    await keyring.find(key);
    expect(query).toHaveBeenCalledTimes(3);
  });

  test('are refused once revoked, at the latest five seconds after', async () => {
    const { key, apiKey } = await create();
    await keyring.find(key);
    await revokeApiKey(database.reader, apiKey.prefix);
    later(6);
    expect(await keyring.find(key)).toBeUndefined();
  });

  test('are good for ten minutes while the database is down', async () => {
    const { key, apiKey } = await create();
    await keyring.find(key);
    databaseIsDown();
    later(590);
    expect((await keyring.find(key))?.id).toBe(apiKey.id);
    later(20);
    await expect(keyring.find(key)).rejects.toThrow('ECONNREFUSED');
  });

  test('wait neither for a database that hangs nor, one after the other, for the same look-up', async () => {
    const { key, apiKey } = await create();
    await keyring.find(key);
    const query = jest.spyOn(database.reader, 'query').mockImplementation(() => new Promise(() => undefined));
    later(6);
    const started = performance.now();
    expect((await keyring.find(key))?.id).toBe(apiKey.id);
    expect((await keyring.find(key))?.id).toBe(apiKey.id);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(query).toHaveBeenCalledTimes(1);
  });

  test('that were never seen fail within seconds while the database hangs, and are found when it is back', async () => {
    const { key, apiKey } = await create();
    const query = jest.spyOn(database.reader, 'query').mockImplementation(() => new Promise(() => undefined));
    await expect(keyring.find(key)).rejects.toBeInstanceOf(DatabaseAway);
    query.mockRestore();
    expect((await keyring.find(key))?.id).toBe(apiKey.id);
  });

  test('are not looked up without end when many unknown ones are sent', async () => {
    jest.spyOn(database.reader, 'query').mockImplementation(() => new Promise(() => undefined));
    const unknown = Array.from(
      { length: 201 },
      (_, index) => `sk_${String(index).padStart(12, '0')}_${'A'.repeat(43)}`,
    );
    const finding = unknown.map((key) => keyring.find(key));
    const all = Promise.allSettled(finding);
    await expect(finding[200]).rejects.toThrow(TooManyLookUps);
    await all;
  });

  test('that were never seen are not guessed at while the database is down', async () => {
    const { key } = await create();
    databaseIsDown();
    await expect(keyring.find(key)).rejects.toThrow('ECONNREFUSED');
  });

  test('have the time of their last use noted', async () => {
    const { key, apiKey } = await create();
    await keyring.find(key);
    for (;;) {
      const listed = (await listApiKeys(database.reader)).find(({ id }) => id === apiKey.id);
      if (listed?.last_used_at) break;
    }
  });
});
