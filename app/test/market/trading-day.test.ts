import fc from 'fast-check';
import { dayInShanghai, daysBetween, isDay } from '../../src/market/trading-day';

describe('a trading day', () => {
  test('is the one in Shanghai, eight hours ahead of UTC', () => {
    expect(dayInShanghai(new Date('2024-03-01T15:59:59Z'))).toBe('2024-03-01');
    expect(dayInShanghai(new Date('2024-03-01T16:00:00Z'))).toBe('2024-03-02');
  });

  test.each(['2024-02-29', '1990-12-19', '2026-01-01'])('%s is a day', (text) => expect(isDay(text)).toBe(true));

  test.each(['2023-02-29', '2024-13-01', '2024-00-10', '20240101', '2024-1-1', '', '2024-01-01T00:00', 'yyyy-mm-dd'])(
    "'%s' is none",
    (text) => expect(isDay(text)).toBe(false),
  );

  test('is reached once and in order when counting from one day to another', () => {
    const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2030-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 800 }), (first, length) => {
        const start = first.toISOString().slice(0, 10);
        const end = new Date(Date.parse(start) + length * 86_400_000).toISOString().slice(0, 10);
        const days = [...daysBetween(start, end)];
        expect(days).toHaveLength(length + 1);
        expect(days[0]).toBe(start);
        expect(days.at(-1)).toBe(end);
        expect(days.every(isDay)).toBe(true);
        expect([...days].sort()).toEqual(days);
      }),
    );
  });

  test('is none when the end is before the start', () => {
    expect([...daysBetween('2024-01-02', '2024-01-01')]).toEqual([]);
  });
});
