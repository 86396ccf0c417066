import type { Quote } from '../../src/market/dataset';
import { dateQuotes } from '../../src/quality/date-quotes';

const quote = (quotedAt: string | null): Quote => ({
  symbol: '600000.SH',
  price: '10.20',
  open: null,
  high: null,
  low: null,
  preClose: null,
  volumeShares: 100,
  amountYuan: '1020.00',
  quotedAt,
});

// Monday 12 February 2024 is a holiday from Friday the 9th to the 18th; Thursday the 8th was the last trading day.
const holidays = new Set(['2024-02-09', '2024-02-12', '2024-02-13', '2024-02-14', '2024-02-15', '2024-02-16']);
const isOpen = (day: string) => (holidays.has(day) ? false : undefined);
const at = (moment: string) => ({ now: new Date(`${moment}+08:00`), isOpen });

describe('the moment of a quote', () => {
  test.each<[given: string | null, now: string, moment: string]>([
    ['14:59:57', '2024-03-05T15:00:30', '2024-03-05T14:59:57+08:00'],
    ['15:00:00', '2024-03-05T08:30:00', '2024-03-04T15:00:00+08:00'],
    ['15:00:00', '2024-03-04T08:30:00', '2024-03-01T15:00:00+08:00'],
    ['15:00:00', '2024-03-05T23:59:45', '2024-03-05T15:00:00+08:00'],
    ['15:00:00', '2024-02-14T10:00:00', '2024-02-08T15:00:00+08:00'],
    ['10:00:05', '2024-03-05T10:00:00', '2024-03-05T02:00:00.000Z'],
    [null, '2024-03-05T10:00:00', '2024-03-05T10:00:00+08:00'],
    [null, '2024-03-05T08:30:00', '2024-03-04T15:00:00+08:00'],
    [null, '2024-03-05T12:10:00', '2024-03-05T11:30:00+08:00'],
    [null, '2024-03-05T20:00:00', '2024-03-05T15:00:00+08:00'],
    [null, '2024-03-02T10:00:00', '2024-03-01T15:00:00+08:00'],
    ['2024-03-04T15:00:00+08:00', '2024-03-05T08:30:00', '2024-03-04T15:00:00+08:00'],
  ])('given as %s, asked for at %s, is %s', (given, now, moment) => {
    expect(dateQuotes([quote(given)], at(now))).toEqual({ rows: [quote(moment)], refused: [] });
  });

  test.each<[given: string, now: string, rule: string]>([
    ['2024-03-05T15:00:00+08:00', '2024-03-05T08:30:00', 'future_date'],
    ['2024-03-02T10:00:00+08:00', '2024-03-02T11:00:00', 'not_a_trading_day'],
    ['2024-02-12T10:00:00+08:00', '2024-02-12T11:00:00', 'not_a_trading_day'],
    ['25:61:00', '2024-03-05T10:00:00', 'not_a_moment'],
    ['2024-03-05T', '2024-03-05T10:00:00', 'not_a_moment'],
  ])('given as %s at %s is refused: %s', (given, now, rule) => {
    const { rows, refused } = dateQuotes([quote(given)], at(now));
    expect(rows).toEqual([]);
    expect(refused).toEqual([expect.objectContaining({ symbol: '600000.SH', rule })]);
  });
});
