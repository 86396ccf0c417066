import pino from 'pino';
import { type Task, Timetable } from '../../../ops/src/keeper/timetable';

const monday = Date.parse('2026-11-23T10:00:00+08:00');

describe('the timetable of what keeps copies', () => {
  let done: number;
  let minutes: number;
  let task: Task;
  let timetable: Timetable;
  beforeEach(() => {
    done = 0;
    minutes = 0;
    const clock = () => monday + minutes * 60_000;
    timetable = new Timetable(pino({ level: 'silent' }), new AbortController().signal, clock);
    task = {
      name: 'copy',
      schedule: '30 9 * * *',
      lastDone: async () => undefined,
      run: async () => {
        done++;
      },
    };
  });

  test('does what was never done, and what has had a time since, and nothing else', async () => {
    await timetable.attend(task);
    task.lastDone = async () => new Date('2026-11-23T09:00:00+08:00');
    await timetable.attend(task);
    task.lastDone = async () => new Date('2026-11-23T09:31:00+08:00');
    await timetable.attend(task);
    expect(done).toBe(2);
  });

  test('tries what failed again after ten minutes', async () => {
    let tries = 0;
    task.run = async () => {
      tries++;
      throw new Error('no room');
    };
    for (minutes of [0, 1, 9, 10]) await timetable.attend(task);
    expect(tries).toBe(2);
  });

  test('asks when it was done last also while what failed waits: metrics tell of it', async () => {
    let asked = 0;
    task.lastDone = async () => {
      asked++;
      return undefined;
    };
    task.run = () => Promise.reject(new Error('no room'));
    for (minutes of [0, 1, 9]) await timetable.attend(task);
    expect(asked).toBe(3);
  });

  test('does at once what could not be asked for while the server was away', async () => {
    task.lastDone = () => Promise.reject(new Error('the server is away'));
    await timetable.attend(task);
    task.lastDone = async () => undefined;
    minutes = 1;
    await timetable.attend(task);
    expect(done).toBe(1);
  });

  test('does at the next look what had to wait, which is no failure', async () => {
    let missing: string | undefined = 'a copy';
    task.waitsFor = async () => missing;
    await timetable.attend(task);
    expect(done).toBe(0);
    missing = undefined;
    await timetable.attend(task);
    expect(done).toBe(1);
  });
});
