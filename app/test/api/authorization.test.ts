import { createApiKey } from '../../src/access/api-key';
import { createTestApi, secretKey, type TestApi } from '../support/api';

describe('authorization', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ requestsPerMinute: 100 });
  });
  afterAll(() => api.close());

  const ask = (headers: Record<string, string>) => api.server.inject({ url: '/api/v1/stocks', headers });
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test('takes the key as the password of HTTP Basic, with any user name', async () => {
    expect((await ask(basic(`any:${api.keys.read}`))).statusCode).toBe(200);
    expect((await ask(basic(`:${api.keys.read}`))).statusCode).toBe(200);
  });

  test('takes the key as a Bearer token', async () => {
    expect((await ask({ authorization: `Bearer ${api.keys.read}` })).statusCode).toBe(200);
    expect((await ask({ authorization: `bearer ${api.keys.write}` })).json().code).toBe('insufficient_scope');
  });

  test.each([
    ['a wrong password', basic('any:wrong'), 'invalid_api_key'],
    ['no password', basic('any'), 'invalid_api_key'],
    ['a wrong token', { authorization: 'Bearer abc' }, 'invalid_api_key'],
    ['another scheme', { authorization: 'Digest abc' }, 'missing_api_key'],
    ['nothing', {}, 'missing_api_key'],
  ])('refuses %s', async (_what, headers, code) => {
    const response = await ask(headers as Record<string, string>);
    expect([response.statusCode, response.json().code]).toEqual([401, code]);
    expect(response.headers['www-authenticate']).toBe('ApiKey realm="stock-analysis"');
  });

  test('tells how many requests are left, of the key itself or as usual', async () => {
    const { key } = await createApiKey(api.database.reader, secretKey, 'limited', ['read'], 2);
    const limits = async () => {
      const { statusCode, headers, body } = await ask({ 'x-api-key': key });
      return { statusCode, limit: headers['ratelimit-limit'], left: headers['ratelimit-remaining'], headers, body };
    };
    expect(await limits()).toMatchObject({ statusCode: 200, limit: '2', left: '1' });
    expect(await limits()).toMatchObject({ statusCode: 200, left: '0' });
    const refused = await limits();
    expect(refused.statusCode).toBe(429);
    expect(JSON.parse(refused.body).code).toBe('too_many_requests');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask({ 'x-api-key': api.keys.read })).headers['ratelimit-limit']).toBe('100');
  });

  test('counts requests that need no key for nobody', async () => {
    const { headers } = await api.server.inject({ url: '/health/live' });
    expect(headers['ratelimit-limit']).toBeUndefined();
  });
});
