import { Progress } from '../../../ops/src/cli/progress';

describe('progress in a terminal', () => {
  const width = 20;
  let written: string[];
  const { isTTY, columns, write } = process.stderr;

  beforeEach(() => {
    written = [];
    jest.useFakeTimers();
    Object.assign(process.stderr, { isTTY: true, columns: width, write: (text: string) => written.push(text) });
  });

  afterEach(() => {
    jest.useRealTimers();
    Object.assign(process.stderr, { isTTY, columns, write });
  });

  /** What stays: `\r\x1b[2K` clears one row. */
  const shown = (): string[] =>
    written
      .join('')
      .split('\n')
      .map((line) => {
        const parts = line.split('\r\x1b[2K');
        for (const unfinished of parts.slice(0, -1)) expect(unfinished.length).toBeLessThan(width);
        return parts.at(-1) as string;
      });

  test('shows a note on a line of its own, and nothing of a line that was too long for the terminal', async () => {
    const progress = new Progress(true);
    await progress.step('everything that takes its time', async () => {
      jest.advanceTimersByTime(600);
      progress.note('warn');
      jest.advanceTimersByTime(600);
    });
    expect(shown()).toEqual(['  warn', expect.stringMatching(/^ {2}everything that takes its time \(\d\.\d s\)$/), '']);
  });
});
