import { pino } from 'pino';
import type { Database } from '../../src/database/pool';
import { DatabaseAway, DatabasePulse } from '../../src/database/pulse';

describe('the pulse of the database', () => {
  const never = () => new Promise<never>(() => undefined);
  let answer: () => Promise<unknown>;
  let pulse: DatabasePulse;
  beforeEach(() => {
    answer = async () => undefined;
    const database = { query: () => answer() } as unknown as Database;
    pulse = new DatabasePulse(database, pino({ level: 'silent' }));
  });
  afterEach(() => pulse.stop());

  const until = async (isReached: () => boolean) => {
    while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  test('ends the wait for a database that says nothing, within five seconds, and refuses to begin another', async () => {
    pulse.run();
    answer = never;
    const started = performance.now();
    await expect(pulse.while(never)).rejects.toBeInstanceOf(DatabaseAway);
    expect(performance.now() - started).toBeLessThan(5_000);
    const work = jest.fn();
    await expect(pulse.while(work)).rejects.toBeInstanceOf(DatabaseAway);
    expect(work).not.toHaveBeenCalled();
  });

  test('lets work begin again once the database answers', async () => {
    answer = () => Promise.reject(new Error('refused'));
    pulse.run();
    await until(() => pulse.isAway);
    answer = async () => undefined;
    await until(() => !pulse.isAway);
    expect(await pulse.while(async () => 'done')).toBe('done');
  });

  test('takes one late answer for no more than that', async () => {
    let isLate = true;
    answer = () => {
      const late = isLate;
      isLate = false;
      return late ? never() : Promise.resolve();
    };
    const seen: boolean[] = [];
    pulse.run();
    const work = pulse.while(() => new Promise((resolve) => setTimeout(() => resolve('done'), 3_000)));
    const watch = setInterval(() => seen.push(pulse.isAway), 50);
    expect(await work).toBe('done');
    clearInterval(watch);
    expect(seen).not.toContain(true);
  });

  test('hands on what the work itself throws', async () => {
    await expect(pulse.while(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });
});
