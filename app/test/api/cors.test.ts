import { createTestApi, type TestApi } from '../support/api';

const origin = 'https://charts.example.com';

describe('pages of other origins', () => {
  let api: TestApi;
  afterEach(() => api.close());

  const preflight = (from: string) =>
    api.server.inject({
      method: 'OPTIONS',
      url: '/api/v1/stocks',
      headers: { origin: from, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-api-key' },
    });

  test('may ask where they are allowed to, with a key', async () => {
    api = await createTestApi({ allowedOrigins: [origin] });
    const asked = await preflight(origin);
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': expect.stringContaining('x-api-key'),
      vary: 'Origin',
    });
    const { status, headers } = await api.get('/api/v1/stocks', { origin });
    expect([status, headers['access-control-allow-origin']]).toEqual([200, origin]);
    expect(String(headers.vary)).toContain('Origin');
    const refused = await api.server.inject({ url: '/api/v1/stocks', headers: { origin } });
    expect([refused.statusCode, refused.headers['access-control-allow-origin']]).toEqual([401, origin]);
  });

  test('may not where they are not named', async () => {
    api = await createTestApi({ allowedOrigins: [origin] });
    for (const other of ['https://evil.example.com', 'null', `${origin}.evil.com`]) {
      const asked = await preflight(other);
      expect([asked.statusCode, asked.headers['access-control-allow-origin']]).toEqual([405, undefined]);
    }
  });

  test('may not unless it is asked for', async () => {
    api = await createTestApi();
    const { headers } = await api.get('/api/v1/stocks', { origin });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
