import fc from 'fast-check';
import { createTestApi, type TestApi } from '../support/api';

/** For longer, with other requests each time: FUZZ_SECONDS=600. */
const seconds = Number(process.env.FUZZ_SECONDS || 4);
const seed = process.env.FUZZ_SECONDS ? Date.now() % 1e9 : 20240102;
const slowestAnswerMilliseconds = 5_000;

// biome-ignore lint/suspicious/noExplicitAny: a description is read as it comes
type Description = any;

/** What stands where something else is expected. */
const hostileTexts = [
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  "'",
  '"',
  "' OR true --",
  '1; SELECT pg_sleep(9)--',
  "x') UNION SELECT hash FROM api_key --",
  '$1',
  '${1}',
  '\\',
  '%',
  '_',
  '*',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '名'.repeat(3_000),
  'x'.repeat(20_000),
  '1e300',
  '-1',
  '9223372036854775808',
  'NaN',
  'Infinity',
  '0x10',
  '1.5',
  '0000-01-01',
  '2024-02-30',
  '99991231999',
  '../../etc/passwd',
  ' ',
  '\r\n\r\n',
];
/** Those tried at every place of every route, before chance decides. */
const worstTexts = ['constructor', '__proto__', "' OR true --", '\u0000', '1e300', 'Infinity', '-1', '0000-01-01'];
const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  [],
  {},
  [[]],
  ['constructor'],
  { constructor: { prototype: 1 } },
  { toString: 1 },
  -1,
  1e300,
  2 ** 63,
  true,
  ['600000.SH', { a: '\u0000' }],
];

/** Values that get a request past its other checks, so that the hostile one is met. */
const fit: Record<string, unknown> = {
  symbol: '600000.SH',
  symbols: '600000.SH',
  start: '2024-01-02',
  end: '2024-01-03',
  trade_date: '2024-01-02',
  date: '2024-01-02',
  function: 'stock_zh_a_hist',
  api_name: 'stock_basic',
  start_date: '20240102',
  end_date: '20240103',
  type: 'ingest',
  dataset: 'daily',
  params: { ts_code: '600000.SH' },
};

interface Operation {
  method: string;
  path: string;
  inPath: string[];
  inQuery: string[];
  inHeader: string[];
  inBody: string[];
}

function operationsOf({ paths, components }: Description): Operation[] {
  return Object.entries<Description>(paths).flatMap(([path, methods]) =>
    Object.entries<Description>(methods).map(([method, { parameters = [], requestBody }]) => {
      const named = (place: string) =>
        parameters.filter((parameter: Description) => parameter.in === place).map(({ name }: Description) => name);
      const schema = requestBody?.content['application/json'].schema ?? {};
      const body = (components.schemas[schema.$ref?.split('/').at(-1)] ?? schema).properties ?? {};
      return {
        method: method.toUpperCase(),
        path,
        inPath: named('path'),
        inQuery: named('query'),
        inHeader: named('header'),
        inBody: Object.keys(body),
      };
    }),
  );
}

/** One way to spoil a request: a name or a value, at one place. */
interface Mischief {
  place: 'path' | 'query' | 'header' | 'body' | 'params';
  /** Of the place's names, by number; one past the last is a name of our own. */
  index: number;
  text: string;
  value: unknown;
  isRaw: boolean;
}

const mischief: fc.Arbitrary<Mischief> = fc.record({
  place: fc.constantFrom('path', 'query', 'query', 'header', 'body', 'body', 'params'),
  index: fc.nat(20),
  text: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...hostileTexts) }, fc.string({ unit: 'binary' })),
  value: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...hostileValues) }, fc.jsonValue()),
  isRaw: fc.boolean(),
});

function worstOf({ inPath, inQuery, inHeader, inBody }: Operation): Mischief[] {
  const places = {
    path: inPath,
    query: inQuery,
    header: inHeader,
    body: inBody,
    params: inBody.includes('params') ? tushareParameters : [],
  };
  return (Object.keys(places) as (keyof typeof places)[]).flatMap((place) =>
    // A request without a body has no place in it; a path takes no further part.
    [...places[place].keys(), ...(place === 'query' || inBody.length > 0 ? [places[place].length] : [])].flatMap(
      (index) => worstTexts.map((text) => ({ place, index, text, value: text, isRaw: false })),
    ),
  );
}

/** Of the interface stock_basic, the one with most of them; and one of daily. */
const tushareParameters = ['ts_code', 'name', 'exchange', 'market', 'list_status', 'limit', 'offset', 'trade_date'];

const rawTexts = ['%00', '%', '%zz', '%ff', '%2e%2e%2f', "';--", '%c0%80'];

// A URL cannot hold half a surrogate pair.
const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());

function spoil(operation: Operation, token: string, { place, index, text, value, isRaw }: Mischief) {
  const { method, path, inPath, inQuery, inHeader, inBody } = operation;
  const placeOf = { path: inPath, query: inQuery, header: inHeader, body: inBody, params: tushareParameters };
  const names = placeOf[place];
  const name = names[index % (names.length + 1)];
  const raw = rawTexts[index % rawTexts.length] as string;
  const at = (asked: string, own: string) => place === asked && name === own;

  const url = path.replace(/\{(\w+)\}/g, (_, own) =>
    at('path', own) ? (isRaw ? raw : encoded(text)) : String(fit[own] ?? '1'),
  );
  const required = inQuery.filter((own) => own in fit);
  const query = required.filter((own) => !at('query', own)).map((own) => `${own}=${fit[own]}`);
  if (place === 'query') {
    if (name === undefined) query.push(isRaw ? `${raw}=1` : `${encoded(text)}=${encoded(text)}`);
    else query.push(isRaw ? `${name}=1&${name}=${raw}` : `${name}=${encoded(text)}`);
  }
  const headers: Record<string, string> = { 'x-api-key': token };
  const headerText = text.replace(/[^\x20-\x7e]/g, '?');
  if (place === 'header' && name !== undefined) headers[name] = headerText;
  else if (place === 'header') Object.assign(headers, { accept: headerText, 'if-none-match': headerText });

  let body: string | undefined;
  if (inBody.length > 0) {
    const fields = inBody.filter((own) => own in fit).map((own) => [own, fit[own]]);
    const own = Object.fromEntries([...fields, ...(inBody.includes('token') ? [['token', token]] : [])]);
    const change = (target: object, names: string[]) =>
      Object.defineProperty({ ...target }, name ?? text, {
        value: name === undefined && !isRaw ? names.length : value,
        enumerable: true,
      });
    if (place === 'body' && name !== 'token') body = JSON.stringify(change(own, inBody));
    else if (place === 'params') body = JSON.stringify({ ...own, params: change(own.params ?? {}, ['ts_code']) });
    else body = JSON.stringify(own);
    headers['content-type'] = 'application/json';
  }
  return { method: method as 'GET', url: query.length > 0 ? `${url}?${query.join('&')}` : url, headers, body };
}

describe('every route', () => {
  let api: TestApi;
  let operations: Operation[];
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO stock (symbol, name, list_status, source)
        SELECT symbol, 'stock', 'listed', 'tushare' FROM unnest(ARRAY['600000.SH', '000001.SZ']) AS symbol;
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
        SELECT symbol, '2024-01-02', 10, 11, 9, 10.5, 100, 1050, 'tushare' FROM stock;
      INSERT INTO adjustment_factor SELECT symbol, 'tushare', '2024-01-02', 2 FROM stock;
      INSERT INTO trading_calendar VALUES ('2024-01-02', true, 'tushare');
      INSERT INTO suspension SELECT symbol, '2024-01-03', 'suspended', NULL, 'tushare' FROM stock;
      INSERT INTO quote (symbol, price, volume, amount, quoted_at, batch, source)
        SELECT symbol, 10, 100, 1000, now(), 1, 'tushare' FROM stock`);
    operations = operationsOf((await api.server.inject('/openapi.json')).json());
  });
  afterAll(() => api.close());

  async function answerTo(request: ReturnType<typeof spoil>) {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), slowestAnswerMilliseconds);
    });
    const { body: payload, ...rest } = request;
    const response = await Promise.race([api.server.inject({ ...rest, payload }), tooLate]);
    clearTimeout(timer);
    return response;
  }

  /** What is wrong with an answer; undefined when nothing is. */
  /** Health is told with 503; every other route that fails is at fault. */
  function faultOf(
    { path }: Operation,
    request: ReturnType<typeof spoil>,
    response: Awaited<ReturnType<typeof answerTo>>,
  ) {
    if (!response) return 'no answer';
    const { statusCode: status, headers, body } = response;
    if (path.startsWith('/health')) return undefined;
    if (status >= 500 || body.includes('"code":-1,')) return `${status} ${body}`;
    if (/000001/.test(body) && /600000/.test(`${request.url} ${request.body}`)) return `rows of another stock: ${body}`;
    if (status < 400) return undefined;
    const isOwnForm = path.startsWith('/api/public/') && status === 404 && 'error' in response.json();
    if (isOwnForm || String(headers['content-type']).startsWith('application/problem+json')) return undefined;
    return `${status} ${headers['content-type']} ${body}`;
  }

  test(
    'refuses what it cannot understand, as the client can read it',
    async () => {
      const faults = new Map<string, string>();
      const tryOut = async (operation: Operation, tried: Mischief) => {
        const request = spoil(operation, api.keys.admin, tried);
        // A stream that is let in ends only with its client.
        if (operation.path.includes('/stream/')) request.url += '&symbols=none';
        const fault = faultOf(operation, request, await answerTo(request));
        if (!fault) return;
        const shown = `${request.method} ${request.url} ${JSON.stringify(request.headers)} ${request.body}`;
        faults.set(`${operation.path} ${fault.slice(0, 10)}`, `${shown.slice(0, 500)} -> ${fault.slice(0, 300)}`);
      };
      for (const operation of operations) for (const tried of worstOf(operation)) await tryOut(operation, tried);
      const until = Date.now() + seconds * 1000;
      for (let round = 0; Date.now() < until; round++) {
        const tried = fc.sample(mischief, { seed: seed + round, numRuns: operations.length });
        for (const [index, operation] of operations.entries()) await tryOut(operation, tried[index] as Mischief);
      }
      expect([...faults.values()]).toEqual([]);
    },
    (seconds + 60) * 1000,
  );

  test.each([
    ['/api/v1/stocks?query=%00', /^query has the character NUL/],
    ['/api/v1/stocks/600000.SH?%00=1', /^a name has the character NUL/],
    ['/api/v1/stocks?limit=1e300', /^limit '1e\+300' must be <= 1000/],
    ['/api/v1/dlq?limit=Infinity', /^limit 'Infinity' must be <= 1000/],
    ['/api/v1/stocks?limit=1&limit=2', /^limit '\["1","2"\]' must be integer/],
    ['/api/v1/market/daily?trade_date=2024-02-30', /^trade_date '2024-02-30' is not a day; write it as 2024-01-02 or/],
    ['/api/v1/market/daily?trade_date=0000-01-01', /^trade_date '0000-01-01' is not a day/],
    ['/api/v1/market/daily', /^trade_date is missing$/],
  ])('refuses %s and names the value', async (url, detail) => {
    const { status, body } = await api.get(url);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.detail).toMatch(detail);
  });

  test.each([
    { name: 'a\u0000b' },
    { name: { toString: 1 } },
    { exchange: [[]] },
    { offset: 1e300 },
    { offset: -1 },
    { limit: '9223372036854775808' },
  ])('refuses Tushare parameters %j', async (params) => {
    const payload = { api_name: 'stock_basic', token: api.keys.read, params };
    const answer = await api.server.inject({ method: 'POST', url: '/tushare', payload });
    expect(answer.json()).toMatchObject({ code: -2001, data: null });
  });

  test('takes days in both forms', async () => {
    const answers = ['2024-01-02', '20240102'].map((day) =>
      api.get(`/api/v1/stocks/600000.SH/daily?start=${day}&end=${day}&limit=1`),
    );
    const [dashed, compact] = await Promise.all(answers);
    expect(dashed?.body.data).toHaveLength(1);
    expect(compact?.body.data).toEqual(dashed?.body.data);
  });
});
