import { findDefect } from '../../src/market/daily-bar';
import { parseSymbol } from '../../src/market/symbol';
import { sampleSource } from '../../src/sources/sample';
import type { Call } from '../../src/sources/source';

const call: Call = (request) => request(new AbortController().signal);
const listStocks = async () =>
  (await sampleSource.fetchers.stock_basic.fetch({ symbols: null, start: '', end: '' }, call)).rows;
const fetch = async (symbol: string, start: string, end: string) =>
  (await sampleSource.fetchers.daily.fetch({ symbols: [symbol], start, end }, call)).rows;
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
          findDefect(bar) !== undefined ||
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
});
