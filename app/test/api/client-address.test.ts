import { createLogger } from '../../src/runtime/logging';
import { createTestApi, type TestApi } from '../support/api';

describe('who the client is', () => {
  let api: TestApi;
  let log = '';
  const logger = createLogger('stock-analysis-test', 'INFO', {
    write: (line: string) => {
      log += line;
    },
  });
  beforeAll(async () => {
    api = await createTestApi({ logger, trustedProxies: ['10.0.0.0/8', 'fd00::/8'] });
  });
  afterAll(() => api.close());

  /** The client's address in the record of a request that comes from an address. */
  async function recorded(remoteAddress: string, forwardedFor?: string): Promise<unknown> {
    log = '';
    await api.server.inject({
      url: '/api/v1/stocks',
      remoteAddress,
      headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
    });
    const records = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return records.find(({ message }) => message === 'request').client.ip;
  }

  test.each([
    ['10.1.2.3', '203.0.113.7'],
    ['::ffff:10.1.2.3', '203.0.113.7'],
    ['fd00::a', '2001:db8::7'],
  ])('is what a proxy at %s says: %s', async (proxy, client) => {
    expect(await recorded(proxy, client)).toBe(client);
  });

  test('is the connection’s address where nothing before it is trusted, whatever it says', async () => {
    expect(await recorded('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
    expect(await recorded('2001:db8::9', '198.51.100.1')).toBe('2001:db8::9');
  });

  test('is the last one that no proxy is, not the first that anybody may have written', async () => {
    expect(await recorded('10.1.2.3', '198.51.100.1, 203.0.113.7, 10.9.9.9')).toBe('203.0.113.7');
  });

  test('is written as IPv4 where it came by IPv4, though a socket of IPv6 took it', async () => {
    expect(await recorded('::ffff:203.0.113.9')).toBe('203.0.113.9');
  });
});
