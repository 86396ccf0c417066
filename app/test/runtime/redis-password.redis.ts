import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { AnswerCache } from '../../src/cache/answer-cache';
import { openQueue } from '../../src/jobs/queue';
import { readEnvironment } from '../../src/runtime/env';

const silent = pino({ level: 'silent' });

describe('a password file that is changed while the process runs', () => {
  let folder: string;
  let admin: Redis;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-password-'));
    admin = new Redis(`${process.env.TEST_REDIS_SERVER}/0`, { password: process.env.TEST_REDIS_PASSWORD });
  });
  afterAll(async () => {
    await admin.call('ACL', 'DELUSER', 'rotated');
    admin.disconnect();
    rmSync(folder, { recursive: true });
  });

  test('is read at the next connection, of the cache and of the queue', async () => {
    const file = path.join(folder, 'password');
    const change = (password: string) =>
      admin.call('ACL', 'SETUSER', 'rotated', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all');
    await change('first');
    writeFileSync(file, 'first\n');
    const url = `${String(process.env.TEST_REDIS_SERVER).replace('redis://', 'redis://rotated@')}/0`;
    const { REDIS_URL, REDIS_PASSWORD, QUEUE_URL, QUEUE_PASSWORD } = readEnvironment('api', {
      DATABASE_URL: 'postgresql://stock@db/stockdb',
      DATABASE_PASSWORD: 'unused',
      SECRET_KEY: 'a secret key for tests, long enough',
      REDIS_URL: url,
      REDIS_PASSWORD_FILE: file,
      QUEUE_URL: url,
      QUEUE_PASSWORD_FILE: file,
    });
    const cache = new AnswerCache({ url: REDIS_URL as string, password: REDIS_PASSWORD }, silent);
    const queue = openQueue({ QUEUE_URL, QUEUE_PASSWORD }, silent);
    const untilAnswered = async (ask: () => Promise<unknown>) => {
      while (
        !(await ask().then(
          () => true,
          () => false,
        ))
      ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    try {
      await untilAnswered(() => cache.ping());
      await queue.getJobCounts('waiting');
      await change('second');
      await admin.call('CLIENT', 'KILL', 'USER', 'rotated');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await expect(cache.ping()).rejects.toThrow();
      writeFileSync(file, 'second\n');
      await untilAnswered(() => cache.ping());
      await queue.getJobCounts('waiting');
    } finally {
      await queue.close();
      cache.close();
    }
  });
});
