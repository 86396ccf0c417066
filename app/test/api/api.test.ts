import { createTestApi, type TestApi } from '../support/api';

describe('the API', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api.close());

  const get = (url: string, headers: Record<string, string> = {}) => api.server.inject({ url, headers });

  describe('answers problems as RFC 9457 describes', () => {
    const problem = (response: Awaited<ReturnType<typeof get>>) => {
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(response.json()).toMatchObject({
        type: 'about:blank',
        status: response.statusCode,
        instance: `urn:request:${response.headers['x-request-id']}`,
      });
      return response.json();
    };

    test('to a path that does not exist', async () => {
      const response = await get('/api/v2/stocks?x=1');
      expect(problem(response)).toMatchObject({
        status: 404,
        title: 'Not Found',
        code: 'unknown_route',
        detail: expect.stringContaining('/api/v2/stocks;'),
      });
    });

    test('to a path that is no text, or too long', async () => {
      const headers = { 'x-api-key': api.keys.read };
      expect(problem(await get('/api/v1/stocks/%E0%A4%A', headers))).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
      expect(problem(await get(`/api/v1/stocks/${'6'.repeat(200)}`, headers))).toMatchObject({ status: 414 });
    });

    test('to a method the path does not take', async () => {
      const response = await api.server.inject({ method: 'DELETE', url: '/api/v1/stocks/600000.SH/daily' });
      expect(problem(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
      expect(response.headers.allow).toBe('GET, HEAD');
    });

    test('to a request without an API key', async () => {
      const response = await get('/api/v1/stocks');
      expect(problem(response)).toMatchObject({ status: 401, code: 'missing_api_key' });
      expect(response.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    });

    test('to an API key that is not valid', async () => {
      const response = await get('/api/v1/stocks', { 'x-api-key': `sk_0123456789ab_${'A'.repeat(43)}` });
      expect(problem(response)).toMatchObject({ status: 401, code: 'invalid_api_key' });
    });

    test('to an API key without the scope', async () => {
      const response = await get('/api/v1/stocks', { 'x-api-key': api.keys.write });
      expect(problem(response)).toMatchObject({
        status: 403,
        code: 'insufficient_scope',
        detail: expect.stringContaining("'read'"),
      });
    });

    test('to parameters that are not allowed, naming each', async () => {
      const response = await get('/api/v1/stocks?exchange=NYSE&limit=0&colour=red', { 'x-api-key': api.keys.read });
      expect(problem(response)).toMatchObject({
        status: 400,
        code: 'invalid_request',
        errors: [
          { field: 'querystring.colour', message: "there is no 'colour' here" },
          { field: 'querystring.exchange', message: "exchange 'NYSE' is not allowed; allowed: SH, SZ, BJ" },
          { field: 'querystring.limit', message: "limit '0' must be >= 1" },
        ],
      });
    });

    test('to a body that is not JSON, too large or of another type', async () => {
      const post = (payload: string, type: string) =>
        api.server.inject({
          method: 'POST',
          url: '/api/v1/jobs',
          headers: { 'x-api-key': api.keys.write, 'content-type': type },
          payload,
        });
      expect(problem(await post('{', 'application/json'))).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problem(await post(' '.repeat(300_000), 'application/json'))).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
      expect(problem(await post('a=b', 'text/csv'))).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    });

    test('to a failure of its own, without telling the cause', async () => {
      await api.database.owner.query('ALTER TABLE stock RENAME TO hidden');
      const response = await get('/api/v1/stocks', { 'x-api-key': api.keys.read });
      await api.database.owner.query('ALTER TABLE hidden RENAME TO stock');
      expect(problem(response)).toMatchObject({
        status: 500,
        code: 'internal_error',
        detail: 'the server failed; see its log',
      });
    });
  });

  test('tells the cause of its own failures when debugging', async () => {
    const debugging = await createTestApi({ debug: true });
    await debugging.database.owner.query('DROP TABLE stock');
    const response = await debugging.server.inject({
      url: '/api/v1/stocks',
      headers: { 'x-api-key': debugging.keys.read },
    });
    expect(response.json().detail).toContain('relation "stock" does not exist');
    await debugging.close();
  });

  test('refuses requests for data while it is overloaded, and still tells its health', async () => {
    const overloaded = await createTestApi({ overload: { delayMilliseconds: 1e-9, measuredMilliseconds: 100 } });
    const ask = (url: string) => overloaded.server.inject({ url, headers: { 'x-api-key': overloaded.keys.read } });
    let response = await ask('/api/v1/stocks');
    // The delay is known once it has been measured.
    while (response.statusCode === 200) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      response = await ask('/api/v1/stocks');
    }
    expect([response.statusCode, response.json().code]).toEqual([503, 'overloaded']);
    expect(response.headers['retry-after']).toBe('5');
    expect((await ask('/health/live')).statusCode).toBe(200);
    await overloaded.close();
  });

  test('lets a key with scope admin do everything', async () => {
    expect((await get('/api/v1/stocks', { 'x-api-key': api.keys.admin })).statusCode).toBe(200);
  });

  test('takes over a usable request id and makes one otherwise', async () => {
    expect((await get('/health/live', { 'x-request-id': 'from-the-gateway-1' })).headers['x-request-id']).toBe(
      'from-the-gateway-1',
    );
    expect((await get('/health/live', { 'x-request-id': 'no good id\u00e9' })).headers['x-request-id']).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  test('describes itself in OpenAPI 3.1, every route with its key and its problems', async () => {
    const { openapi, paths } = (await get('/openapi.json')).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/jobs/{id}', '/api/v1/stocks/{symbol}/daily', '/api/v1/quotes', '/health']),
    );
    expect(paths['/api/v1/stocks/{symbol}/daily'].get.security).toEqual([
      { apiKey: [] },
      { bearer: [] },
      { basic: [] },
    ]);
    expect(Object.keys(paths['/api/v1/jobs'].post.responses)).toEqual(['202', '4XX', '5XX']);
  });

  test('shows its documentation', async () => {
    const page = await get('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui');
    expect((await get('/docs/static/swagger-ui.css')).statusCode).toBe(200);
  });

  test('sends security headers', async () => {
    expect((await get('/health/live')).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
  });

  test('never serves its metrics', async () => {
    expect((await get('/metrics')).statusCode).toBe(404);
  });

  test('counts requests by method, templated route and status', async () => {
    await get('/api/v1/stocks/600000.SH/daily', { 'x-api-key': api.keys.read });
    await get('/no/such/path');
    const text = await api.registry.metrics();
    expect(text).toContain('http_requests_total{method="GET",route="/api/v1/stocks/:symbol/daily",status="404"} 1');
    expect(text).toMatch(/http_requests_total\{method="GET",route="unknown",status="404"\} \d+/);
    expect(text).toContain(
      'http_request_duration_seconds_bucket{le="2",method="GET",route="/api/v1/stocks/:symbol/daily",status="404"} 1',
    );
  });
});
