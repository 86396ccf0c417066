import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { createTestApi, type TestApi } from '../../support/api';

describe('the page', () => {
  let api: TestApi;
  let html: string;
  beforeAll(async () => {
    api = await createTestApi();
    html = (await api.server.inject('/')).body;
  });
  afterAll(() => api.close());

  const policyOf = async (url: string) => String((await api.server.inject(url)).headers['content-security-policy']);

  test('is served without an API key, and asked for anew each time', async () => {
    const { statusCode, headers } = await api.server.inject('/');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const again = await api.server.inject({ url: '/', headers: { 'if-none-match': String(headers.etag) } });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
  });

  test('names files that are all there and may be kept for good', async () => {
    const addresses = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThan(6);
    for (const address of addresses) {
      const { statusCode, headers } = await api.server.inject(address);
      expect([address, statusCode]).toEqual([address, 200]);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(headers['content-type']).toMatch(/^(text\/javascript|text\/css|image\/svg\+xml)/);
    }
  });

  test('is sent compressed to who takes that', async () => {
    const plain = await api.server.inject('/');
    const compressed = await api.server.inject({ url: '/', headers: { 'accept-encoding': 'br, gzip' } });
    expect(compressed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(plain.body);
  });

  test('a file asked for by the page of another version is not kept', async () => {
    const { statusCode, headers } = await api.server.inject('/assets/another-version/page.js');
    expect(statusCode).toBe(200);
    expect(headers['cache-control']).toBe('no-cache');
  });

  test('only its own files are served', async () => {
    for (const name of ['none.js', 'tsconfig.json', 'index.html', '..%2Fpackage.json', '__proto__']) {
      const response = await api.server.inject(`/assets/1/${name}`);
      expect(response.json()).toMatchObject({ status: 404, code: 'unknown_route' });
    }
  });

  test('runs no script but its files and its import map, and talks to this server alone', async () => {
    const importMap = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] as string;
    const hash = createHash('sha256').update(importMap).digest('base64');
    const policy = await policyOf('/');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toContain("default-src 'none';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  test('leaves the policy of the rest as it is', async () => {
    expect(await policyOf('/docs/')).toContain("style-src 'self' 'unsafe-inline'");
  });
});
