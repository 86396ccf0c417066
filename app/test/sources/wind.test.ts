import type { Call, Part } from '../../src/sources/source';
import { createWindSource } from '../../src/sources/wind';
import { startFakeWind } from '../support/upstreams/wind';

const call: Call = (request) => request(new AbortController().signal);
const part: Part = { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-31' };
const sourceAt = (url: string) => createWindSource({ url, token: undefined }).fetchers;

describe('wind', () => {
  let upstream: Awaited<ReturnType<typeof startFakeWind>>;
  beforeEach(async () => {
    upstream = await startFakeWind({ hasStranger: true });
  });
  afterEach(() => upstream.close());

  test('asks for unadjusted prices of trading days', async () => {
    await sourceAt(upstream.url).daily.fetch(part, call);
    expect(upstream.requests).toEqual([
      expect.objectContaining({
        path: '/wind/wsd/',
        body: {
          codes: '604981.SH',
          fields: 'open,high,low,close,pre_close,volume,amt,pct_chg',
          beginTime: '2024-01-02',
          endTime: '2024-01-31',
          options: 'PriceAdj=U;Period=D;Days=Trading;TradingCalendar=SSE',
        },
      }),
    ]);
  });

  test('makes no bar of a suspended day, for which Wind writes NaN', async () => {
    const { rows, refused } = await sourceAt(upstream.url).daily.fetch(
      { symbols: ['003982.SZ'], start: '2024-03-08', end: '2024-03-14' },
      call,
    );
    expect(rows.map(({ tradeDate }) => tradeDate)).toEqual(['2024-03-08', '2024-03-14']);
    expect(refused).toEqual([]);
  });

  test('is not asked for stocks of Beijing', async () => {
    await expect(sourceAt(upstream.url).daily.fetch({ ...part, symbols: ['920990.BJ'] }, call)).rejects.toMatchObject({
      kind: 'request',
      message: 'wind is not asked for stocks of Beijing: 920990.BJ',
    });
    expect(upstream.requests).toEqual([]);
  });

  test('refuses a row that is no stock, and says why', async () => {
    const { rows, refused } = await sourceAt(upstream.url).stock_basic.fetch({ ...part, symbols: null }, call);
    expect(rows).toHaveLength(20);
    expect(refused).toEqual([expect.objectContaining({ symbol: '510300.SH', rule: 'unknown_symbol' })]);
  });
});
