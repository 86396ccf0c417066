import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { AnswerCache } from '../../src/answer-cache';
import { type ApiServer, buildApi } from '../../src/api/api';
import { createApiKey, type Scope } from '../../src/api/api-key';
import { databaseDependencies, Health, queueDependency } from '../../src/health';
import { type JobQueue, openQueue } from '../../src/jobs/queue';
import { createHttpMetrics } from '../../src/metrics';
import { createTestDatabase, type TestDatabase } from './database';

export const secretKey = 'a secret key for tests, long enough';

/** An API with a database of its own, and one key for each scope. */
export interface TestApi {
  server: ApiServer;
  database: TestDatabase;
  queue: JobQueue;
  health: Health;
  registry: Registry;
  keys: Record<Scope, string>;
  close(): Promise<void>;
}

export async function createTestApi({
  cache,
  debug = false,
}: {
  cache?: AnswerCache;
  debug?: boolean;
} = {}): Promise<TestApi> {
  const logger = pino({ level: 'silent' });
  const database = await createTestDatabase();
  const queue = openQueue(database.environment, logger);
  const health = new Health([...databaseDependencies(database.pool), queueDependency(queue)]);
  const registry = new Registry();
  const server = await buildApi({
    database: database.pool,
    queue,
    cache,
    health,
    metrics: createHttpMetrics(registry),
    logger,
    secretKey,
    debug,
  });
  const keyFor = async (scope: Scope) => (await createApiKey(database.pool, secretKey, scope, [scope])).key;
  return {
    server,
    database,
    queue,
    health,
    registry,
    keys: { read: await keyFor('read'), write: await keyFor('write'), admin: await keyFor('admin') },
    close: async () => {
      await server.close();
      await queue.close();
      await database.drop();
    },
  };
}
