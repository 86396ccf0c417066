import { type RedisServer, startRedisServer } from './redis-server';
import startPostgres, { stopPostgres } from './start-postgres';

let redis: RedisServer;

/** Starts a redis-server for all test files, beside PostgreSQL. */
export default async function startRedis(): Promise<void> {
  redis = await startRedisServer();
  process.env.TEST_REDIS_PASSWORD = redis.password;
  process.env.TEST_REDIS_SERVER = redis.url;
  await startPostgres();
}

export async function stopRedis(): Promise<void> {
  await redis.stop();
  await stopPostgres();
}
