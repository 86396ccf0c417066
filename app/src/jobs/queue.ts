import { type DefaultJobOptions, type Processor, Queue, Worker } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Logger } from 'pino';
import { connectionSettings } from '../database/connection-settings';
import type { Environment } from '../runtime/env';
import { redisConnection } from '../runtime/redis-connection';
import { within } from '../runtime/within';
import { createLastingPostgresBackend } from './postgres-backend';
import { createLastingRedisBackend } from './redis-backend';
import { maxAttempts } from './retry-policy';

export type QueueAddress = Pick<Environment, 'QUEUE_URL' | 'QUEUE_PASSWORD'> &
  Partial<Pick<Environment, 'QUEUE_CA' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>>;

const answerTimeoutSeconds = 1;
const connectTimeoutMilliseconds = 5_000;
/** After this a server that takes commands and says nothing counts as gone. */
const silenceMilliseconds = 3_000;
const queryTimeoutMilliseconds = 30_000;
const keepAliveMilliseconds = 10_000;
const closeTimeoutSeconds = 5;
/** How soon a worker that lost its server asks again. */
const retryMilliseconds = 1_000;
export const queueName = 'stock-analysis';

/** The queue carries no more than which job to run; the rest is in the job's record. */
export type JobQueue = Queue<Record<string, never>>;
export type JobWorker = Worker<Record<string, never>>;

// Whether and when a recorded job is tried again is decided from its record; these attempts are those of schedules.
const defaultJobOptions: DefaultJobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 },
  // What is completed stays in the record; keeping it in the queue too costs time and memory with every job.
  removeOnComplete: true,
  removeOnFail: { age: 7 * 24 * 3600, count: 5000 },
};

export interface WorkerOptions {
  /** Jobs run at a time. */
  concurrency: number;
  /** A job whose worker has been silent for this long is given to another one, after at most twice this time. */
  lockSeconds?: number;
}

/** Carries the trace from whoever adds a job to the worker, where traces are sent at all. */
const telemetryOf = ({ OTEL_EXPORTER_OTLP_ENDPOINT }: QueueAddress) =>
  OTEL_EXPORTER_OTLP_ENDPOINT ? new BullMQOtel({ tracerName: 'stock-analysis' }) : undefined;

const isPostgres = ({ QUEUE_URL }: QueueAddress) => QUEUE_URL.startsWith('postgres');

function queueConnection({ QUEUE_URL, QUEUE_PASSWORD, QUEUE_CA }: QueueAddress) {
  return {
    ...redisConnection({ url: QUEUE_URL, password: QUEUE_PASSWORD, ca: QUEUE_CA }),
    connectTimeout: connectTimeoutMilliseconds,
    keepAlive: keepAliveMilliseconds,
    // A worker waits for Redis to come back.
    maxRetriesPerRequest: null,
  };
}

/** For those who hand jobs in: they do not wait, and nothing piles up in memory, while Redis is away or frozen. */
const impatient = {
  enableOfflineQueue: false,
  commandTimeout: silenceMilliseconds,
  socketTimeout: silenceMilliseconds,
};

const postgresConnection = (address: QueueAddress, connections: number) => ({
  ...connectionSettings(address.QUEUE_URL, address.QUEUE_PASSWORD, address.QUEUE_CA),
  // Handed on to pg, which takes a function too.
  password: address.QUEUE_PASSWORD as string | undefined,
  application_name: 'stock-queue',
  max: connections,
  // The wait for one of the few connections counts too.
  connectionTimeoutMillis: 2 * connectTimeoutMilliseconds,
  keepAlive: true,
  keepAliveInitialDelayMillis: keepAliveMilliseconds,
});

/** Opens the job queue for adding and inspecting jobs, on Redis or PostgreSQL as the URL's scheme says. */
export function openQueue(address: QueueAddress, logger: Logger): JobQueue {
  const options = { defaultJobOptions, telemetry: telemetryOf(address) };
  const queue = isPostgres(address)
    ? // The backend is a type parameter of every BullMQ class; here it stops, so that no caller has to carry it.
      (new Queue(
        queueName,
        { ...options, connection: { ...postgresConnection(address, 2), query_timeout: queryTimeoutMilliseconds } },
        createLastingPostgresBackend,
      ) as unknown as JobQueue)
    : new Queue<Record<string, never>>(
        queueName,
        { ...options, connection: { ...queueConnection(address), ...impatient } },
        createLastingRedisBackend,
      );
  queue.on('error', (error) => logger.error({ err: error }, 'job queue'));
  return queue;
}

/** Opens a worker on the job queue; it takes no job before run() is called. */
export function openWorker(
  address: QueueAddress,
  { concurrency, lockSeconds = 30 }: WorkerOptions,
  process: Processor<Record<string, never>>,
  logger: Logger,
): JobWorker {
  const lockMilliseconds = lockSeconds * 1000;
  const options = {
    concurrency,
    autorun: false,
    lockDuration: lockMilliseconds,
    stalledInterval: lockMilliseconds,
    maxStalledCount: maxAttempts - 1,
    runRetryDelay: retryMilliseconds,
    telemetry: telemetryOf(address),
  };
  const worker = isPostgres(address)
    ? (new Worker(
        queueName,
        process,
        { ...options, connection: postgresConnection(address, concurrency) },
        createLastingPostgresBackend,
      ) as unknown as JobWorker)
    : new Worker<Record<string, never>>(
        queueName,
        process,
        { ...options, connection: queueConnection(address) },
        createLastingRedisBackend,
      );
  worker.on('error', (error) => logger.error({ err: error }, 'job worker'));
  return worker;
}

/** Whether the queue answers within a second. */
export const isReachable = (queue: JobQueue): Promise<boolean> =>
  within(answerTimeoutSeconds, queue.getJobCounts('waiting')).then(
    () => true,
    () => false,
  );

/** Waits for something that ends with the queue, but not for a queue that is down: that never answers. */
export async function closeQueue(closing: Promise<unknown>, logger: Logger): Promise<void> {
  await within(closeTimeoutSeconds, closing).catch((error) =>
    logger.warn({ err: error }, 'job queue not closed in order'),
  );
}
