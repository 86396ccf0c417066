import { readFileSync } from 'node:fs';
import path from 'node:path';
import cleanUp from './after-all';
import prepare from './before-all';
import { type RedisServer, startRedisServer } from './redis-server';

let redis: RedisServer;

/** The users of a server as its file has them, named after the server too, because the tests have one for both. */
const usersOf = (server: 'queue' | 'cache', password: string): string =>
  readFileSync(path.join(__dirname, `../../redis/${server}.acl`), 'utf8')
    .replaceAll('{password}', password)
    .replaceAll(/^user /gm, `user ${server}-`)
    .replaceAll(/ \+ping/g, ' +ping +select');

/** Starts a redis-server for all test files, beside what they share without it. */
export default async function startRedis(): Promise<void> {
  redis = await startRedisServer({
    users: (password) => `${usersOf('queue', password)}\n${usersOf('cache', password)}`,
  });
  process.env.TEST_REDIS_PASSWORD = redis.password;
  process.env.TEST_REDIS_SERVER = redis.url;
  await prepare();
}

/** Where the tests' Redis is for one of its users. */
export const redisUrl = (user: string, database: number): string =>
  `${String(process.env.TEST_REDIS_SERVER).replace('redis://', `redis://${user}@`)}/${database}`;

export async function stopRedis(): Promise<void> {
  await redis.stop();
  await cleanUp();
}
