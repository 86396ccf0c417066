import { pino } from 'pino';
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/api/api-key';
import { ApiKeyring } from '../../src/api/api-keyring';
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
