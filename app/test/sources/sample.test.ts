import { parseSymbol } from '../../src/market/symbol';
import { findBarDefect } from '../../src/quality/defects';
import { createSampleSource } from '../../src/sources/sample';
import type { Call, Fetchers } from '../../src/sources/source';

const call: Call = (request) => request(new AbortController().signal);
const source = createSampleSource(() => new Date('2025-01-03T12:00:00Z'));
const ask = async <D extends keyof Fetchers>(dataset: D, symbols: string[] | null, start: string, end: string) =>
  (await source.fetchers[dataset].fetch({ symbols, start, end }, call)).rows as Awaited<
    ReturnType<Fetchers[D]['fetch']>
  >['rows'];
const listStocks = () => ask('stock_basic', null, '', '');
const fetch = (symbol: string, start: string, end: string) => ask('daily', [symbol], start, end);
const limitOf = (symbol: string) => (symbol.endsWith('.BJ') ? 0.3 : /^(688|30)/.test(symbol) ? 0.2 : 0.1);

describe('the sample source', () => {
  test('lists about twenty stocks of every exchange, named as samples', async () => {
    const stocks = await listStocks();
    expect(stocks).toHaveLength(20);
    expect(new Set(stocks.map(({ symbol }) => symbol)).size).toBe(20);
    for (const { symbol, name } of stocks) {
      expect(parseSymbol(symbol)).toBe(symbol);
      expect(name).toMatch(/^示例.+ Sample .+$/);
    }
  });

  test('gives bars that can be stored and keep the price limits', async () => {
    for (const { symbol } of await listStocks()) {
      const bars = await fetch(symbol, '2020-01-01', '2021-12-31');
      expect(bars.length).toBeGreaterThan(480);
      const outOfOrder = bars.filter((bar) => {
        const [preClose, high, low] = [Number(bar.preClose), Number(bar.high), Number(bar.low)];
        const averagePrice = Number(bar.amountYuan) / bar.volumeShares;
        return (
          findBarDefect(bar) !== undefined ||
          high > preClose * (1 + limitOf(symbol)) + 1e-9 ||
          low < preClose * (1 - limitOf(symbol)) - 1e-9 ||
          averagePrice < low - 0.01 ||
          averagePrice > high + 0.01
        );
      });
      expect(outOfOrder).toEqual([]);
    }
  });

  test('begins each day at the close of the day before', async () => {
    const bars = await fetch('688990.SH', '2024-01-01', '2024-12-31');
    expect(bars.slice(1).map(({ preClose }) => preClose)).toEqual(bars.slice(0, -1).map(({ close }) => close));
  });

  test('trades on weekdays that are no holiday', async () => {
    const days = (await fetch('604981.SH', '2024-01-01', '2024-12-31')).map(({ tradeDate }) => tradeDate);
    expect(days).not.toContain('2024-01-01');
    expect(days).not.toContain('2024-10-01');
    expect(days.filter((day) => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay()))).toEqual([]);
  });

  test('gives the same day the same prices whatever range is asked for', async () => {
    const year = await fetch('920990.BJ', '2023-01-01', '2023-12-31');
    const month = await fetch('920990.BJ', '2023-06-01', '2023-06-30');
    expect(month).toEqual(year.filter(({ tradeDate }) => tradeDate.startsWith('2023-06')));
  });

  test('has these prices for ever', async () => {
    const [bar] = await fetch('604981.SH', '2024-01-02', '2024-01-02');
    expect(bar).toMatchObject({ open: '34.37', high: '34.53', low: '33.96', close: '34.50', volumeShares: 68_678_000 });
  });

  test('knows nothing of a stock it does not list', async () => {
    expect(await fetch('600000.SH', '2024-01-01', '2024-12-31')).toEqual([]);
  });

  test('trades on the open days of its calendar, but for the suspensions it tells of', async () => {
    const [start, end] = ['2023-01-01', '2024-12-31'];
    const openDays = (await ask('trade_cal', null, start, end)).filter(({ isOpen }) => isOpen).map(({ day }) => day);
    const suspensions = await ask('suspend', null, start, end);
    expect(suspensions.length).toBeGreaterThan(8);
    for (const { symbol } of await listStocks()) {
      const isSuspended = (day: string) =>
        suspensions.some((row) => row.symbol === symbol && row.day === day && row.kind === 'suspended' && !row.timing);
      expect((await fetch(symbol, start, end)).map(({ tradeDate }) => tradeDate)).toEqual(
        openDays.filter((day) => !isSuspended(day)),
      );
    }
  });

  test('changes the factor exactly where the close before is not the reference price of the day', async () => {
    for (const symbol of ['604983.SH', '003985.SZ', '604981.SH']) {
      const bars = await fetch(symbol, '2022-01-01', '2024-12-31');
      const factors = await ask('adj_factor', [symbol], '2022-01-01', '2024-12-31');
      expect(factors.map(({ tradeDate }) => tradeDate)).toEqual(bars.map(({ tradeDate }) => tradeDate));
      for (const [index, bar] of bars.entries()) {
        const before = bars[index - 1];
        if (!before) continue;
        const ratio = Number(factors[index]?.factor) / Number(factors[index - 1]?.factor);
        expect(ratio).toBeCloseTo(Number(before.close) / Number(bar.preClose), 5);
      }
    }
    const steps = new Set(
      (await ask('adj_factor', ['604983.SH'], '2022-01-01', '2024-12-31')).map((row) => row.factor),
    );
    expect(steps.size).toBe(4);
  });

  test('tells under which numbers stocks of Beijing stood before', async () => {
    const aliases = await ask('symbol_alias', null, '', '');
    const listed = (await listStocks()).map(({ symbol }) => symbol);
    expect(aliases).not.toHaveLength(0);
    for (const { oldSymbol, symbol } of aliases) {
      expect(parseSymbol(oldSymbol)).toBe(oldSymbol);
      expect(listed).toContain(symbol);
      expect(listed).not.toContain(oldSymbol);
    }
  });

  test.each([
    ['before the opening: the day before', '2024-03-05T01:00:00Z', '2024-03-04T15:00:00+08:00'],
    ['in the morning', '2024-03-05T02:30:00Z', '2024-03-05T10:30:00+08:00'],
    ['at noon: the end of the morning', '2024-03-05T04:15:00Z', '2024-03-05T11:30:00+08:00'],
    ['in the afternoon', '2024-03-05T06:01:00Z', '2024-03-05T14:01:00+08:00'],
    ['after the close', '2024-03-05T12:00:00Z', '2024-03-05T15:00:00+08:00'],
    ['on a Sunday: Friday', '2024-03-10T04:00:00Z', '2024-03-08T15:00:00+08:00'],
  ])('quotes %s', async (_, moment, quotedAt) => {
    const { rows } = await createSampleSource(() => new Date(moment)).fetchers.realtime.fetch(
      { symbols: null, start: '', end: '' },
      call,
    );
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map((quote) => quote.quotedAt))).toEqual(new Set([quotedAt]));
    for (const quote of rows) {
      const [low, price, high] = [Number(quote.low), Number(quote.price), Number(quote.high)];
      expect(price).toBeGreaterThanOrEqual(low);
      expect(price).toBeLessThanOrEqual(high);
      expect(Number(quote.amountYuan) / quote.volumeShares).toBeGreaterThanOrEqual(low - 0.01);
      expect(Number(quote.amountYuan) / quote.volumeShares).toBeLessThanOrEqual(high + 0.01);
    }
  });

  test.each([
    ['has no bar before the close', '2024-03-12T06:59:00Z', 0],
    ['has one from the close on', '2024-03-12T07:00:00Z', 1],
  ])('a day %s', async (_, moment, bars) => {
    const part = { symbols: ['604981.SH'], start: '2024-03-12', end: '2024-03-15' };
    const { rows } = await createSampleSource(() => new Date(moment)).fetchers.daily.fetch(part, call);
    expect(rows).toHaveLength(bars);
  });

  test('ends the day at the bar of the day, and quotes no suspended stock', async () => {
    const evening = createSampleSource(() => new Date('2024-03-12T12:00:00Z'));
    const { rows } = await evening.fetchers.realtime.fetch({ symbols: null, start: '', end: '' }, call);
    expect(rows).toHaveLength(19);
    const quote = rows.find(({ symbol }) => symbol === '604981.SH');
    const [bar] = await fetch('604981.SH', '2024-03-12', '2024-03-12');
    expect(quote).toMatchObject({ price: bar?.close, high: bar?.high, low: bar?.low, amountYuan: bar?.amountYuan });
  });
});
