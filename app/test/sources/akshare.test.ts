import { createAkshareSource } from '../../src/sources/akshare';
import type { Call, Part } from '../../src/sources/source';
import { startFakeAktools } from '../support/upstreams/akshare';
import { quoteMoment } from '../support/upstreams/fake-upstream';

const call: Call = (request) => request(new AbortController().signal);
const part: Part = { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-31' };
const sourceAt = (url: string, token?: string) => createAkshareSource({ url, token, now: () => quoteMoment }).fetchers;

describe('akshare', () => {
  let upstream: Awaited<ReturnType<typeof startFakeAktools>>;
  afterEach(() => upstream.close());

  test('asks for unadjusted prices of one stock at a time', async () => {
    upstream = await startFakeAktools();
    await sourceAt(upstream.url).daily.fetch({ ...part, symbols: ['604981.SH', '003981.SZ'] }, call);
    expect(upstream.requests.map(({ path, query }) => [path, query])).toEqual(
      ['604981', '003981'].map((symbol) => [
        '/api/public/stock_zh_a_hist',
        { symbol, period: 'daily', start_date: '20240102', end_date: '20240131', adjust: '' },
      ]),
    );
  });

  test('uses the private interface where there is a token', async () => {
    upstream = await startFakeAktools({ token: 'right' });
    await sourceAt(upstream.url, 'right').daily.fetch(part, call);
    expect(upstream.requests[0]).toMatchObject({
      path: '/api/private/stock_zh_a_hist',
      headers: { authorization: 'Bearer right' },
    });
  });

  test.each(['20240102");import os;("', '2024-01-02&adjust=hfq', '２０２４０１０２'])(
    'sends nothing that Python could run: %s',
    async (start) => {
      upstream = await startFakeAktools();
      await expect(sourceAt(upstream.url).daily.fetch({ ...part, start }, call)).rejects.toMatchObject({
        kind: 'request',
        message: expect.stringContaining('is not sent'),
      });
      expect(upstream.requests).toEqual([]);
    },
  );

  test('cannot give the prices of every stock at once', async () => {
    upstream = await startFakeAktools();
    await expect(sourceAt(upstream.url).daily.fetch({ ...part, symbols: null }, call)).rejects.toMatchObject({
      kind: 'request',
    });
  });

  test('gives a factor for every weekday until today, though the source has one for each change', async () => {
    upstream = await startFakeAktools();
    const factorsAt = (now: string) =>
      createAkshareSource({ url: upstream.url, token: undefined, now: () => new Date(now) }).fetchers.adj_factor;
    const asked = { symbols: ['604983.SH'], start: '2024-06-14', end: '2024-06-20' };
    const { rows } = await factorsAt('2025-01-01').fetch(asked, call);
    expect(rows.map(({ tradeDate, factor }) => [tradeDate, Number(factor)])).toEqual([
      ['2024-06-14', 1.315367],
      ['2024-06-17', 1.315367],
      ['2024-06-18', 1.356808],
      ['2024-06-19', 1.356808],
      ['2024-06-20', 1.356808],
    ]);
    const { rows: untilToday } = await factorsAt('2024-06-18').fetch(asked, call);
    expect(untilToday.map(({ tradeDate }) => tradeDate)).toEqual(['2024-06-14', '2024-06-17', '2024-06-18']);
    expect(upstream.requests[0]?.query).toEqual({ symbol: 'sh604983', adjust: 'hfq-factor' });
  });

  test.each(['1.0833333333333333', '0.0333333333333333', '134.4159265358979312'])(
    'gives the factor %s with all its decimals, and for the Sundays on which Shenzhen traded',
    async (factor) => {
      upstream = await startFakeAktools({
        changeRows: (row) => {
          if (row.hfq_factor) row.hfq_factor = factor;
        },
      });
      const { adj_factor: factors } = sourceAt(upstream.url);
      const days = { start: '1992-10-02', end: '1992-10-05' };
      const daysOf = async (symbol: string) =>
        (await factors.fetch({ symbols: [symbol], ...days }, call)).rows.map(({ tradeDate, factor }) => [
          tradeDate,
          factor,
        ]);
      expect(await daysOf('000002.SZ')).toEqual([
        ['1992-10-02', factor],
        ['1992-10-04', factor],
        ['1992-10-05', factor],
      ]);
      expect(await daysOf('600601.SH')).toEqual([
        ['1992-10-02', factor],
        ['1992-10-05', factor],
      ]);
    },
  );

  test('refuses what is no stock, and has no quote for a stock without a price', async () => {
    upstream = await startFakeAktools({ hasStranger: true });
    const { rows, refused } = await sourceAt(upstream.url).realtime.fetch({ ...part, symbols: null }, call);
    expect(rows.map(({ symbol }) => symbol)).not.toContain('600000.SH');
    expect(refused).toEqual([
      expect.objectContaining({ symbol: '510300', rule: 'unknown_symbol', reason: expect.any(String) }),
    ]);
  });
});
