import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestApi, type TestApi } from '../../support/api';

/** A client that reads events from a socket. */
class EventClient {
  readonly #response: IncomingMessage;
  #text = '';

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (text) => {
      this.#text += text;
    });
    response.on('error', () => undefined);
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventClient> {
    const request = send(url, { headers }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new EventClient(response);
  }

  get status() {
    return this.#response.statusCode;
  }

  /** The first events, once there are as many. */
  async events(count: number): Promise<{ id: string | undefined; data: Record<string, unknown> }[]> {
    for (;;) {
      const events = this.#text
        .split('\n\n')
        .slice(0, -1)
        .filter((event) => event.includes('event: quote'))
        .map((event) => ({
          id: /^id: (.*)$/m.exec(event)?.[1],
          data: JSON.parse(/^data: (.*)$/m.exec(event)?.[1] as string),
        }));
      if (events.length >= count) return events;
      if (this.status !== 200) throw new Error(`refused: ${this.#text}`);
      await once(this.#response, 'data');
    }
  }

  async ended(): Promise<void> {
    if (!this.#response.readableEnded) await once(this.#response, 'end');
  }

  close(): void {
    this.#response.destroy();
  }
}

describe('the stream of quotes', () => {
  let api: TestApi;
  let url: string;
  const clients: EventClient[] = [];
  beforeAll(async () => {
    api = await createTestApi();
    await api.server.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}/api/v1/stream/quotes`;
    await quote('600000.SH', '10', 1);
    await quote('000001.SZ', '9', 1);
    await quote('600519.SH', '1700', 2);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => api.close());

  const quote = (symbol: string, price: string, batch: number) =>
    api.database.pool.query(
      `INSERT INTO quote (symbol, price, volume, amount, quoted_at, source, batch)
       VALUES ($1, $2, 1, 1, '2024-01-02T14:30:00+08', 'tushare', $3)
       ON CONFLICT (symbol) DO UPDATE SET price = excluded.price, batch = excluded.batch`,
      [symbol, price, batch],
    );
  async function open(symbols: string, headers: Record<string, string> = {}): Promise<EventClient> {
    const client = await EventClient.open(`${url}?symbols=${symbols}`, { 'x-api-key': api.keys.read, ...headers });
    clients.push(client);
    return client;
  }
  const prices = (events: { data: Record<string, unknown> }[]) => events.map(({ data }) => [data.symbol, data.price]);

  test('begins with the quotes there are, then tells those that change', async () => {
    const client = await open('600000,000001,600519');
    expect(prices(await client.events(3))).toEqual([
      ['000001.SZ', 9],
      ['600000.SH', 10],
      ['600519.SH', 1700],
    ]);
    await quote('600000.SH', '10.1', 3);
    const events = await client.events(4);
    expect(events[3]).toMatchObject({ id: '3', data: { symbol: '600000.SH', price: 10.1 } });
    await quote('600000.SH', '10', 1);
  });

  test('gives a number only to the last event of a collection', async () => {
    const client = await open('600000,000001,600519');
    expect((await client.events(3)).map(({ id }) => id)).toEqual([undefined, '1', '2']);
  });

  test('goes on after the last event a client got', async () => {
    const client = await open('600000,600519', { 'last-event-id': '1' });
    expect(prices(await client.events(1))).toEqual([['600519.SH', 1700]]);
  });

  test('tells each client of its own stocks alone', async () => {
    const [one, other] = [await open('600000'), await open('600519')];
    expect(prices(await one.events(1))).toEqual([['600000.SH', 10]]);
    expect(prices(await other.events(1))).toEqual([['600519.SH', 1700]]);
  });

  test.each([
    ['?symbols=AAPL', {}, 400, 'invalid_symbol'],
    ['', {}, 400, 'invalid_request'],
    ['?symbols=600000', { 'last-event-id': 'first' }, 400, 'invalid_request'],
  ])('refuses %j with %j', async (query, headers, status, code) => {
    const response = await api.get(`/api/v1/stream/quotes${query}`, headers as Record<string, string>);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  test('is refused to a key that has too many open', async () => {
    for (let stream = 0; stream < 20; stream++) await open('600000');
    expect((await open('600000')).status).toBe(429);
    expect((await open('600000', { 'x-api-key': api.keys.admin })).status).toBe(200);
  });

  test('ends when the server closes', async () => {
    const client = await open('600000', { 'x-api-key': api.keys.admin });
    await client.events(1);
    await Promise.all([client.ended(), api.server.close()]);
  });
});
