import { createApiKey, findApiKey, grants, listApiKeys, revokeApiKey } from '../../src/access/api-key';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('an API key', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const secretKey = 's'.repeat(32);
  const create = () => createApiKey(database.reader, secretKey, 'tests', ['read', 'write']);

  test('is found by itself alone', async () => {
    const { key, apiKey } = await create();
    expect(await findApiKey(database.reader, secretKey, key)).toMatchObject({
      id: apiKey.id,
      scopes: ['read', 'write'],
    });
    const other = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [other, key.slice(0, -1), `${key}A`, apiKey.prefix, '', "sk_' OR 1=1"]) {
      expect(await findApiKey(database.reader, secretKey, wrong)).toBeUndefined();
    }
  });

  test('is not in the database', async () => {
    const { key } = await create();
    const { rows } = await database.owner.query<{ row: string }>(
      'SELECT api_key::text || api_key_secret::text AS row FROM api_key JOIN api_key_secret ON key_id = id',
    );
    expect(rows).not.toEqual([]);
    expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
  });

  test('is void under another secret key', async () => {
    const { key } = await create();
    expect(await findApiKey(database.reader, 'x'.repeat(32), key)).toBeUndefined();
  });

  describe('where the secret key is another', () => {
    const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [string, string, string];
    const find = (present: string, key: string, former?: string) => findApiKey(database.reader, present, key, former);

    test('is good by the former one, from then on by each of the two, and in the end by the present one', async () => {
      const { key, apiKey } = await createApiKey(database.reader, one, 'tests', ['read']);
      expect(await find(two, key)).toBeUndefined();
      expect(await find(two, key, one)).toMatchObject({ id: apiKey.id });
      // By a process that was started again, and by one that was not.
      expect(await find(two, key)).toMatchObject({ id: apiKey.id });
      expect(await find(one, key)).toMatchObject({ id: apiKey.id });
      expect(await find(three, key, two)).toMatchObject({ id: apiKey.id });
      expect(await find(one, key)).toBeUndefined();
    });

    test('is good by each when it is made while both are in use', async () => {
      const { key } = await createApiKey(database.reader, two, 'tests', ['read'], undefined, one);
      expect(await find(one, key)).toBeDefined();
      expect(await find(two, key)).toBeDefined();
    });

    test('is found by as many as ask at once', async () => {
      const { key } = await createApiKey(database.reader, one, 'tests', ['read']);
      const found = await Promise.all(Array.from({ length: 8 }, () => find(two, key, one)));
      expect(found.filter(Boolean)).toHaveLength(8);
      expect(await find(one, key)).toBeDefined();
    });

    test('costs one statement, whether it is good by the present one, by the former one or unknown', async () => {
      const { key } = await createApiKey(database.reader, one, 'tests', ['read']);
      const query = jest.spyOn(database.reader, 'query');
      for (const sent of [key, key, `${key.slice(0, -1)}_`]) await find(two, sent, one);
      expect(query).toHaveBeenCalledTimes(3);
      query.mockRestore();
    });

    test('that is good by the present one is found where nothing may be written', async () => {
      const { key } = await createApiKey(database.reader, two, 'tests', ['read'], undefined, one);
      const client = await database.reader.connect();
      await client.query('SET default_transaction_read_only = on');
      expect(await findApiKey(client, two, key, one)).toBeDefined();
      client.release(true);
    });

    test('stays void when it was revoked', async () => {
      const { key, apiKey } = await createApiKey(database.reader, one, 'tests', ['read']);
      await revokeApiKey(database.reader, apiKey.prefix);
      expect(await find(two, key, one)).toBeUndefined();
    });
  });

  test('is void once revoked, and stays in the list', async () => {
    const { key, apiKey } = await create();
    expect(await revokeApiKey(database.reader, apiKey.prefix)).toMatchObject({ name: 'tests' });
    expect(await revokeApiKey(database.reader, apiKey.prefix)).toBeUndefined();
    expect(await findApiKey(database.reader, secretKey, key)).toBeUndefined();
    const listed = (await listApiKeys(database.reader)).find(({ prefix }) => prefix === apiKey.prefix);
    expect(listed?.revoked_at).toBeInstanceOf(Date);
  });

  test('grants its scopes, and admin grants all', async () => {
    const { apiKey } = await create();
    expect([grants(apiKey, 'read'), grants(apiKey, 'write'), grants(apiKey, 'admin')]).toEqual([true, true, false]);
    expect(grants({ ...apiKey, scopes: ['admin'] }, 'write')).toBe(true);
  });
});
