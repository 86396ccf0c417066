import { Stopping } from '../../../ops/src/cli/stopping';

describe('a command that is stopped', () => {
  let now: number;
  let left: string[];
  let stopping: Stopping;
  beforeEach(() => {
    now = 5_000;
    left = [];
    stopping = new Stopping(
      (message) => left.push(message),
      () => now,
    );
  });

  test('is told why, and takes away what is half-done before it ends', () => {
    stopping.take('SIGINT');
    expect(stopping.signal.reason).toEqual(new Error('stopped by SIGINT'));
    expect(left).toEqual([]);
  });

  test('does not take one Ctrl-C that comes by two ways for two', () => {
    stopping.take('SIGINT');
    now += 900;
    stopping.take('SIGINT');
    expect(left).toEqual([]);
  });

  test('ends at once where it is told again', () => {
    stopping.take('SIGINT');
    now += 1_100;
    stopping.take('SIGTERM');
    expect(left).toEqual(['ended at once by SIGTERM; the next command of its kind takes away what is half-done']);
    expect(stopping.signal.reason).toEqual(new Error('stopped by SIGINT'));
  });
});
