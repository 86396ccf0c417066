import { isLogWhole, nextLogFile } from '../../../ops/src/wal/log-file';
import { folderOf, logFileOf } from '../../../ops/src/wal/points-in-time';

const first = '00000001000000000000000D';
const whole = (...names: string[]) =>
  isLogWhole(
    names.flatMap((name) => logFileOf(name) ?? []),
    first,
  );

test.each([
  ['00000001000000000000000D', '00000001000000000000000E'],
  ['0000000100000000000000FF', '000000010000000100000000'],
  ['00000002000000FF000000FF', '000000020000010000000000'],
])('after the file %s of the log comes %s', (name, next) => {
  expect(nextLogFile(name)).toBe(next);
});

test('a log is whole when every file follows on another, stored or received, and the last may be under way', () => {
  const stored = ['00000001000000000000000C', first, '00000001000000000000000E'];
  expect(whole(...stored, '00000001000000000000000F', '000000010000000000000010.partial')).toBe(true);
  expect(whole(...stored, '00000001000000000000000E.partial')).toBe(true);
  expect(whole('00000002.history', first)).toBe(true);
});

test('a log with a gap after the base backup is not whole, one with a gap before it is', () => {
  const files = ['00000001000000000000000A', first, '00000001000000000000000F.partial'];
  expect(whole(...files)).toBe(false);
  expect(whole(...files, '00000001000000000000000E')).toBe(true);
});

test('a file that never became whole is a gap, unless it is the last', () => {
  expect(whole(first, '00000001000000000000000E.partial')).toBe(true);
  expect(whole(first, '00000001000000000000000E.partial', '00000001000000000000000F')).toBe(false);
});

test('a log that does not have what the base backup begins with is not whole', () => {
  expect(whole('00000001000000000000000E.partial')).toBe(false);
});

test.each([
  '',
  'manifest',
  '0000000100000000000000',
  '00000001000000000000000D.gz',
  '00000001000000000000000D.unfinished',
])('%p is no file of the log', (name) => {
  expect(logFileOf(name)).toBeUndefined();
});

test('points in time are kept by the identifier of a server, and nothing else becomes a folder', () => {
  expect(folderOf('7712479350844173312', 'log')).toBe('wal/7712479350844173312/log');
  expect(() => folderOf('../..')).toThrow(/is no identifier/);
});
