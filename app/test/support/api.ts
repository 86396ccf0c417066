import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { createApiKey, type Scope } from '../../src/access/api-key';
import { buildApi } from '../../src/api/api';
import type { ApiSettings } from '../../src/api/api-context';
import type { ApiServer } from '../../src/api/api-server';
import { createHttpMetrics } from '../../src/api/http-metrics';
import type { Monitor } from '../../src/api/monitor-report';
import type { AnswerCache } from '../../src/cache/answer-cache';
import { databaseDependencies } from '../../src/database/database-health';
import { DatabasePulse } from '../../src/database/pulse';
import { readRole } from '../../src/database/roles';
import { type JobQueue, openQueue } from '../../src/jobs/queue';
import { queueDependencies } from '../../src/jobs/queue-health';
import { Health } from '../../src/runtime/health';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
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
  /** Asks with the key for reading. */
  get(
    url: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Body; raw: Buffer }>;
  /** Every row of a list, page by page. */
  allPages(url: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

type Headers = Record<string, string | string[] | number | undefined>;
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Body = any;

export async function createTestApi({
  cache,
  debug = false,
  requestsPerMinute = 1_000_000,
  jobQuota = { perKey: 5_000, total: 50_000 },
  allowedOrigins = [],
  trustedProxies = [],
  overload = { delayMilliseconds: Number.POSITIVE_INFINITY, measuredMilliseconds: 1_000 },
  logger = pino({ level: 'silent' }),
  monitor,
}: {
  cache?: AnswerCache;
  debug?: boolean;
  requestsPerMinute?: number;
  jobQuota?: ApiSettings['jobQuota'];
  allowedOrigins?: readonly string[];
  trustedProxies?: readonly string[];
  overload?: ApiSettings['overload'];
  logger?: Logger;
  monitor?: Monitor;
} = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const queue = openQueue(database.environmentOf(readRole), logger);
  // A job is handed over within a second; what a first connection takes on a busy machine is not what is tested.
  await queue.waitUntilReady();
  const health = new Health(databaseDependencies(database.reader, true));
  health.add(...queueDependencies(queue, { isQueueOptional: true, areSchedulesOptional: true }));
  health.start();
  const registry = new Registry();
  const server = await buildApi({
    database: database.reader,
    watchDatabase: database.reader,
    pulse: new DatabasePulse(database.reader, logger),
    databasePlacesPerKey: 5,
    queue,
    cache,
    health,
    metrics: createHttpMetrics(registry),
    logger,
    secretKey,
    debug,
    sourcePriority: parseSourcePriority('tushare,akshare,wind') as SourcePriority,
    cacheSeconds: { realtime: 60, daily: 3_600, historical: 86_400 },
    requestsPerMinute,
    jobQuota,
    allowedOrigins,
    trustedProxies,
    overload,
    monitor,
  });
  const read = (await createApiKey(database.reader, secretKey, 'read', ['read'])).key;
  const get: TestApi['get'] = async (url, headers = {}) => {
    const response = await server.inject({ url, headers: { 'x-api-key': read, ...headers } });
    const isJson = /json/.test(String(response.headers['content-type']));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? response.json() : response.body,
      raw: response.rawPayload,
    };
  };
  const allPages: TestApi['allPages'] = async (url) => {
    const rows: Record<string, unknown>[] = [];
    let cursor = '';
    do {
      const { status, body } = await get(`${url}${url.includes('?') ? '&' : '?'}${cursor}`);
      if (status !== 200) throw new Error(`${url}: ${JSON.stringify(body)}`);
      rows.push(...body.data);
      cursor = body.meta.next_cursor && `cursor=${body.meta.next_cursor}`;
    } while (cursor);
    return rows;
  };
  const keyFor = async (scope: Scope) => (await createApiKey(database.reader, secretKey, scope, [scope])).key;
  return {
    server,
    database,
    queue,
    health,
    registry,
    keys: { read, write: await keyFor('write'), admin: await keyFor('admin') },
    get,
    allPages,
    close: async () => {
      await server.close();
      await queue.close();
      await database.drop();
    },
  };
}
