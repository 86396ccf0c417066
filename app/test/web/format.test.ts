import { createFormat } from '../../web/format.js';

const english = createFormat('en-GB');
const chinese = createFormat('zh-CN');

test('prices keep the digits they have, two at least', () => {
  expect(english.price(1234.5)).toBe('1,234.50');
  expect(english.price(0.1234)).toBe('0.1234');
});

test('changes show their sign, none when there is none', () => {
  expect([2, -1.234, 0].map(english.percent)).toEqual(['+2.00%', '-1.23%', '0.00%']);
});

test('days do not depend on where the reader is, times are those of Shanghai', () => {
  expect(english.day('2024-01-02')).toBe('2 Jan 2024');
  expect(chinese.day('2024-01-02')).toBe('2024年1月2日');
  expect(english.time('2024-01-02T16:00:05Z')).toBe('00:00:05');
});

test('large numbers are shortened as the language does', () => {
  expect([english.large(29_387_300), chinese.large(29_387_300)]).toEqual(['29.39m', '2938.73万']);
});

test('durations take the unit that suits them', () => {
  expect([0, 0.025, 59, 90, 7200, 200_000].map(english.duration)).toEqual([
    '0 secs',
    '25 ms',
    '59 secs',
    '1.5 mins',
    '2 hrs',
    '2.3 days',
  ]);
});
