import { createLogger } from '../../src/runtime/logging';
import { createTestApi, type TestApi } from '../support/api';

describe('a key that is sent in a URL by mistake', () => {
  let api: TestApi;
  let log = '';
  beforeAll(async () => {
    const logger = createLogger('stock-analysis-test', 'DEBUG', {
      write: (line: string) => {
        log += line;
      },
    });
    api = await createTestApi({ logger });
  });
  afterAll(() => api.close());
  beforeEach(() => {
    log = '';
  });

  const secretOf = (key: string) => key.split('_').slice(2).join('_');

  test.each([
    (key: string) => `/api/v1/stocks?token=${key}`,
    (key: string) => `/api/v1/stocks?limit=1&API_KEY=${key}&x=1`,
    (key: string) => `/api/v1/stocks?query=${encodeURIComponent(key)}`,
    (key: string) => `/api/v1/stocks?q=${key.replaceAll('_', '%5F')}`,
    (key: string) => `/api/v1/stocks/${key}`,
    (key: string) => `/${key}/nothing`,
    (key: string) => `/api/public/stock_zh_a_hist?symbol=600000&token=${key}`,
    (key: string) => `/tushare?token=${key}`,
  ])('is not in the record of the request: %s', async (urlOf) => {
    const { read } = api.keys;
    await api.server.inject({ url: urlOf(read), headers: { 'x-api-key': read } });
    await api.server.inject({ url: urlOf(read) });
    expect(log.split('\n').filter((line) => line.includes('"message":"request"'))).toHaveLength(2);
    expect(log).toContain('***');
    expect(log).not.toContain(secretOf(read));
    expect(log).not.toContain(secretOf(read).replaceAll('_', '%5F'));
  });

  test('is hidden whatever it looks like, where it stands for a key', async () => {
    for (const name of ['token', 'api_key', 'apikey', 'key', 'access_token']) {
      await api.server.inject(`/api/v1/stocks?${name}=5f3a-of-somebody-else&limit=1`);
    }
    expect(log).not.toContain('of-somebody-else');
    expect(log).toContain('token=***&limit=1');
  });

  test('is not in the record of an error, nor taken for the id of a request', async () => {
    const { read } = api.keys;
    await api.database.owner.query('ALTER TABLE stock RENAME TO hidden');
    const headers = { 'x-api-key': read, 'x-request-id': read };
    const { body } = await api.server.inject({ url: `/api/v1/stocks?query=${read.slice(0, 50)}`, headers });
    await api.database.owner.query('ALTER TABLE hidden RENAME TO stock');
    expect(JSON.parse(body)).toMatchObject({
      status: 500,
      instance: expect.stringMatching(/^urn:request:[0-9a-f-]{36}$/),
    });
    expect(log).toContain('request failed');
    expect(log).not.toContain(secretOf(read).slice(0, 25));
  });
});
