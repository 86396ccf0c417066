import fc from 'fast-check';
import type { ApiClient } from '../../web/api-client.js';
import {
  changePercent,
  type DailyBar,
  firstDayOf,
  loadDailyBars,
  toCandles,
  toVolumeColumns,
} from '../../web/daily-bars.js';

const bar = (changes: Partial<DailyBar> = {}): DailyBar => ({
  trade_date: '2024-01-02',
  open: 10,
  high: 10.5,
  low: 9.8,
  close: 10.2,
  pre_close: 10,
  pct_chg: 2,
  volume: 1000,
  amount: 10_150,
  source: 'sample',
  ...changes,
});

describe('a range of days', () => {
  test.each([
    ['1M', '2024-03-31', '2024-02-29'],
    ['3M', '2024-02-15', '2023-11-15'],
    ['1Y', '2024-02-29', '2023-02-28'],
    ['5Y', '2024-01-01', '2019-01-01'],
  ] as const)('%s up to %s begins on %s', (range, today, first) => {
    expect(firstDayOf(range, today)).toBe(first);
  });

  test('of all days has no beginning', () => {
    expect(firstDayOf('all', '2024-01-01')).toBeNull();
  });

  test('keeps the day of the month wherever the month has it', () => {
    const days = fc.date({ min: new Date('1995-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(days, fc.constantFrom('1M', '3M', '1Y', '5Y'), (date, range) => {
        const today = date.toISOString().slice(0, 10);
        const first = firstDayOf(range as '1M', today) as string;
        const nextDay = new Date(Date.parse(first) + 86_400_000).getUTCDate();
        expect(first < today).toBe(true);
        expect(first.slice(8) === today.slice(8) || nextDay === 1).toBe(true);
      }),
    );
  });
});

describe('the bars of a stock', () => {
  /** A client that gives the pages in order, and the queries it was asked. */
  function clientOf(pages: { bars: DailyBar[]; warnings?: string[]; source?: string }[]) {
    const asked: URLSearchParams[] = [];
    const get = async (path: string) => {
      asked.push(new URL(path, 'http://x').searchParams);
      const number = asked.length;
      const { bars, warnings = [], source = 'sample' } = pages[number - 1] as (typeof pages)[number];
      const meta = { symbol: '600000.SH', source, next_cursor: number < pages.length ? `after-${number}` : null };
      return { data: bars, meta, warnings };
    };
    return { client: { get } as unknown as ApiClient, asked };
  }
  const wanted = { symbol: 'sh600000', adjust: 'none', start: null } as const;
  const { signal } = new AbortController();

  test('are read page after page', async () => {
    const [first, second] = [bar(), bar({ trade_date: '2024-01-03' })];
    const { client, asked } = clientOf([
      { bars: [first], warnings: ['one'] },
      { bars: [second], warnings: ['one'] },
    ]);
    expect(await loadDailyBars(client, wanted, signal)).toEqual({
      symbol: '600000.SH',
      bars: [first, second],
      source: 'sample',
      fallbackFrom: null,
      warnings: ['one'],
    });
    expect(asked.map((query) => query.get('cursor'))).toEqual([null, 'after-1']);
  });

  test('are of mixed source when the pages differ', async () => {
    const { client } = clientOf([{ bars: [bar()] }, { bars: [bar()], source: 'tushare' }]);
    expect((await loadDailyBars(client, wanted, signal)).source).toBe('mixed');
  });

  test('are asked for as the view says', async () => {
    const { client, asked } = clientOf([{ bars: [] }]);
    await loadDailyBars(client, { symbol: '600000.SH', adjust: 'qfq', start: '2023-01-02' }, signal);
    expect(Object.fromEntries(asked[0] as URLSearchParams)).toEqual({
      limit: '5000',
      start: '2023-01-02',
      adjust: 'qfq',
    });
  });
});

describe('for the chart, a bar', () => {
  test('becomes a candlestick and a column of the same day and colour', () => {
    const bars = [bar(), bar({ trade_date: '2024-01-03', close: 9.9 }), bar({ trade_date: '2024-01-04', close: 10 })];
    expect(toCandles(bars)[0]).toEqual({ time: '2024-01-02', open: 10, high: 10.5, low: 9.8, close: 10.2 });
    expect(toVolumeColumns(bars, { rise: 'r', fall: 'f' })).toEqual([
      { time: '2024-01-02', value: 1000, color: 'r' },
      { time: '2024-01-03', value: 1000, color: 'f' },
      { time: '2024-01-04', value: 1000, color: 'r' },
    ]);
  });

  test('has the change the source gives, else the one against the close before', () => {
    expect(changePercent(bar({ pct_chg: -1.5 }))).toBe(-1.5);
    expect(changePercent(bar({ pct_chg: null, close: 11 }))).toBeCloseTo(10);
    expect(changePercent(bar({ pct_chg: null, pre_close: null }))).toBeNull();
  });
});
