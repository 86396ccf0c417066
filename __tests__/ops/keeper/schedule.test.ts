import { isDue, lastTime } from '../../../ops/src/keeper/schedule';

const nightly = '30 2 * * *';
/** 03:00 of 27 November in Shanghai. */
const now = new Date('2026-11-26T19:00:00Z');

test("a schedule is one of Shanghai's time, wherever the process is", () => {
  expect(lastTime(nightly, now)).toEqual(new Date('2026-11-26T18:30:00Z'));
});

test('what was never done is due', () => {
  expect(isDue(nightly, undefined, now)).toBe(true);
});

test('what was done since the last time is not due, what was not is, however many times were missed', () => {
  expect(isDue(nightly, new Date('2026-11-26T18:30:01Z'), now)).toBe(false);
  expect(isDue(nightly, new Date('2026-11-26T18:29:59Z'), now)).toBe(true);
  expect(isDue(nightly, new Date('2026-10-01T00:00:00Z'), now)).toBe(true);
});
