import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { waitForSchedule } from '../../../constructs/workload/docker-schedule';
import { scheduled } from '../../product';

const script = (schedule: string, timeZone: 'Asia/Shanghai' | 'UTC' = 'UTC') =>
  waitForSchedule(scheduled({ schedule, timeZone }));

describe('a schedule that Docker cannot keep is refused in words', () => {
  test.each([
    ['* * * * * *', ' has 6 fields, cron has 5'],
    ['@daily', ' has 1 fields, cron has 5'],
    ['', ' has 1 fields, cron has 5'],
    ['a b * d e', ', allowed: numbers, JAN to DEC, SUN to SAT, and * , - /'],
    ['60 * * * *', ' is not a cron schedule: '],
    ['0 24 * * *', ' is not a cron schedule: '],
    ['0 0 31 2 *', ' is not a cron schedule: '],
    ['0 0 1 * 1', ' restricts day of month and day of week, allowed: one'],
  ])('%j', (schedule, why) => {
    expect(() => script(schedule)).toThrow(`workload "nightly": schedule "${schedule}"${why}`);
  });

  test.each(['0 0 L * *', '0 0 * * 5L', '0 0 * * 1#2', 'H * * * *'])(
    '%j: no cron of a cluster knows it, and it would never or always run',
    (schedule) => {
      expect(() => script(schedule)).toThrow(`workload "nightly": schedule "${schedule}"`);
    },
  );
});

describe('the time that the shell finds', () => {
  const minute = 60_000;
  const [from, until] = [Date.UTC(2024, 0, 1), Date.UTC(2028, 11, 31)].map((time) => time / minute) as [number, number];

  const field = (low: number, high: number) => {
    const number = fc.integer({ min: low, max: high });
    const range = fc.tuple(number, number).map((ends) => ends.sort((a, b) => a - b).join('-'));
    const step = fc.integer({ min: 1, max: high - low });
    return fc.oneof(
      fc.constant('*'),
      number.map(String),
      range,
      step.map((every) => `*/${every}`),
      fc.tuple(range, step).map(([ends, every]) => `${ends}/${every}`),
      fc.array(number, { minLength: 2, maxLength: 4 }).map((list) => [...new Set(list)].join(',')),
    );
  };
  const days = fc.oneof(
    fc.tuple(field(1, 31), fc.constant('*')),
    fc.tuple(fc.constant('*'), fc.oneof(field(0, 6), fc.constantFrom('7', 'MON-FRI', 'SUN', '5-7'))),
  );
  const month = fc.oneof(field(1, 12), fc.constantFrom('JAN', 'MAR,SEP'));
  const schedules = fc
    .tuple(field(0, 59), field(0, 23), days, month)
    .map(([minutes, hours, [dayOfMonth, dayOfWeek], months]) =>
      [minutes, hours, dayOfMonth, months, dayOfWeek].join(' '),
    )
    .filter(isPossible);

  function isPossible(schedule: string): boolean {
    try {
      return CronExpressionParser.parse(schedule).hasNext();
    } catch {
      return false;
    }
  }

  /** What `date "+%M %H %d %m %w"` prints at a minute since 1970, in UTC. */
  function words(time: number): string {
    const date = new Date(time * minute);
    const two = (number: number) => `${number}`.padStart(2, '0');
    return [date.getUTCMinutes(), date.getUTCHours(), date.getUTCDate(), date.getUTCMonth() + 1]
      .map(two)
      .concat(`${date.getUTCDay()}`)
      .join(' ');
  }

  const matcherOf = (text: string) => text.split('\n').find((line) => line.trim().startsWith('matches()')) as string;

  /** Which of the times the script's own matcher takes, asked of one shell. */
  function taken(schedule: string, times: number[]): number[] {
    const questions = times.map((time) => `matches ${words(time)} && echo ${time}`);
    const { stdout, stderr } = spawnSync('sh', { input: [matcherOf(script(schedule)), ...questions, ''].join('\n') });
    expect(`${stderr}`).toBe('');
    return `${stdout}`.split('\n').filter(Boolean).map(Number);
  }

  test('is the time of the schedule, for any schedule and any minute', () => {
    fc.assert(
      fc.property(schedules, fc.array(fc.integer({ min: from, max: until }), { minLength: 20 }), (schedule, random) => {
        const start = { tz: 'UTC', currentDate: new Date(Math.min(...random) * minute) };
        const expression = CronExpressionParser.parse(schedule, start);
        // Few random minutes are right ones: the next ones are, and what is around them is nearly so.
        const right = expression.take(5).map((date) => date.getTime() / minute);
        const near = right.flatMap((time) => [time - 1, time + 1, time + 60, time + 24 * 60, time + 31 * 24 * 60]);
        const times = [...new Set([...random, ...right, ...near])];
        const expected = times.filter((time) => expression.includesDate(new Date(time * minute)));
        expect(expected).toEqual(expect.arrayContaining(right));
        expect(taken(schedule, times)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('is noticed when the matcher takes a wrong minute', () => {
    const wrong = matcherOf(script('30 3 * * *')).replace('" 30 "', '" 31 "');
    const { status } = spawnSync('sh', { input: `${wrong}\nmatches 30 03 01 01 1\n` });
    expect(status).not.toBe(0);
  });
});

describe('the whole script, with a clock of our own', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'schedule-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const program = (name: string, ...lines: string[]) =>
    writeFileSync(join(directory, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });

  /**
   * Runs the script from `start` (UTC) until its clock passes `end`; each sleep moves the clock and takes no time.
   * Gives the lines it wrote.
   */
  function run(text: string, start: string, end: string, command: string[]): string[] {
    const [now, last] = [start, end].map((time) => Date.parse(`${time}Z`) / 1000) as [number, number];
    const clock = join(directory, 'clock');
    writeFileSync(clock, `${now}`);
    const realDate = spawnSync('sh', ['-c', 'command -v date']).stdout.toString().trim();
    program('date', `now=$(cat ${clock})`, `${realDate} -d "@$now" "$@" 2>/dev/null || ${realDate} -r "$now" "$@"`);
    program(
      'sleep',
      `now=$(($(cat ${clock}) + $1))`,
      `if [ "$now" -gt ${last} ]; then kill $PPID; exit 1; fi`,
      `echo "$now" > ${clock}`,
    );
    program('timeout', 'echo "limit $1"', 'shift', 'exec "$@"');
    const { stdout, stderr, error } = spawnSync('/bin/sh', ['-c', text, 'sh', ...command], {
      env: { PATH: `${directory}:/usr/local/bin:/usr/bin:/bin` },
      timeout: 20_000,
    });
    if (error) throw error;
    return `${stdout}${stderr}`.split('\n').filter(Boolean);
  }

  test('runs the command with its own words, and its time limit, once at each time', () => {
    const lines = run(script('*/15 * * * *'), '2024-05-01T10:07:42', '2024-05-01T10:50:00', [
      'echo',
      'two words',
      '$HOME',
    ]);
    expect(lines).toEqual([
      'limit 600',
      'two words $HOME',
      'limit 600',
      'two words $HOME',
      'limit 600',
      'two words $HOME',
    ]);
  });

  test('keeps the time of Shanghai, wherever the machine is', () => {
    const clock = join(directory, 'clock');
    const at330 = (timeZone: 'Asia/Shanghai' | 'UTC', start: string, end: string) =>
      run(script('30 3 * * *', timeZone), start, end, ['sh', '-c', `cat ${clock}`]).at(-1);
    const epoch = (time: string) => `${Date.parse(time) / 1000}`;
    expect(at330('Asia/Shanghai', '2024-05-01T19:25:00', '2024-05-01T19:35:00')).toBe(
      epoch('2024-05-02T03:30:00+08:00'),
    );
    expect(at330('UTC', '2024-05-01T03:25:00', '2024-05-01T03:35:00')).toBe(epoch('2024-05-01T03:30:00Z'));
  });

  test('does not run at a time it began in: a restart repeats nothing', () => {
    expect(run(script('30 3 * * *'), '2024-05-01T03:30:05', '2024-05-01T03:40:00', ['echo', 'ran'])).toEqual([]);
  });

  test('says that a run failed and waits for the next', () => {
    const failing = ['sh', '-c', 'echo trying; exit 3'];
    expect(run(script('* * * * *'), '2024-05-01T10:00:30', '2024-05-01T10:02:30', failing).sort()).toEqual([
      'limit 600',
      'limit 600',
      'run of nightly ended with status 3',
      'run of nightly ended with status 3',
      'trying',
      'trying',
    ]);
  });

  test('a run that outlives the next time skips it: never two at once', () => {
    const clock = join(directory, 'clock');
    const slow = ['sh', '-c', `echo ran; echo $(($(cat ${clock}) + 150)) > ${clock}`];
    const lines = run(script('* * * * *'), '2024-05-01T10:00:30', '2024-05-01T10:05:30', slow);
    expect(lines.filter((line) => line === 'ran')).toHaveLength(2);
  });
});
