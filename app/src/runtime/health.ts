import type { FastifyInstance } from 'fastify';
import { clockAheadSeconds } from '../database/clock';
import { isSchemaCurrent } from '../database/migrations';
import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { clockToleranceSeconds, describeFaults, findScheduleFaults } from '../jobs/installed-schedules';
import type { JobQueue } from '../jobs/queue';
import { within } from './within';

const checkTimeoutSeconds = 1;

/** Something the process needs. */
export interface Dependency {
  name: string;
  /** Whether the process can still do its work without it, only worse. */
  optional?: boolean;
  /** Returns when the dependency works, throws when not. */
  check(): Promise<unknown>;
}

interface HealthReport {
  status: 'ok' | 'degraded' | 'unavailable';
  checks: Record<string, { status: 'ok' | 'failed'; duration_ms: number; error?: string }>;
}

/**
 * PostgreSQL answers, has the schema this version needs, takes writes, and shares this machine's idea of the time.
 *
 * @param isForReading whether the process can do its work where nothing is written
 */
export const databaseDependencies = (database: Database, isForReading = false): Dependency[] => [
  { name: 'database', check: () => database.query(sql`SELECT 1`) },
  {
    name: 'schema',
    check: async () => {
      if (!(await isSchemaCurrent(database))) throw new Error('migrations are missing; run `stock migrate`');
    },
  },
  {
    name: 'writes',
    optional: isForReading,
    check: async () => {
      const { rows } = await database.query<{ transaction_read_only: string }>(sql`SHOW transaction_read_only`);
      if (rows[0]?.transaction_read_only === 'on') {
        throw new Error('the database is read-only: a standby, or told to be; see pg_is_in_recovery()');
      }
    },
  },
  {
    name: 'clock',
    optional: true,
    check: async () => {
      const aheadSeconds = await clockAheadSeconds(database);
      if (Math.abs(aheadSeconds) > clockToleranceSeconds) {
        throw new Error(`this machine's clock is ${aheadSeconds} s ahead of the database's; correct the wrong one`);
      }
    },
  },
];

/**
 * The job queue answers, and has the schedules.
 *
 * @param necessity what the process can do its work without
 */
export const queueDependencies = (
  queue: JobQueue,
  necessity: { isQueueOptional: boolean; areSchedulesOptional: boolean },
): Dependency[] => [
  { name: 'queue', optional: necessity.isQueueOptional, check: () => queue.getJobCounts('waiting') },
  {
    name: 'schedules',
    optional: necessity.areSchedulesOptional,
    check: async () => {
      const faults = await findScheduleFaults(queue);
      if (faults.size > 0) {
        throw new Error(`not in the queue as they should be, the scheduler sets them: ${describeFaults(faults)}`);
      }
    },
  },
];

/**
 * What a process tells about itself. Live: it answers. Ready: it has met its database since it started and is not told
 * to stop, so that work may be sent to it. Healthy: what it needs works, each thing asked anew.
 */
export class Health {
  #process: 'starting' | 'started' | 'stopping' = 'starting';
  #asking: Promise<HealthReport> | undefined;
  readonly #dependencies: Dependency[];

  constructor(dependencies: readonly Dependency[]) {
    this.#dependencies = [...dependencies];
  }

  /** Asks for these too from now on. */
  add(...dependencies: Dependency[]): void {
    this.#dependencies.push(...dependencies);
  }

  /** From now on the process is ready. */
  start(): void {
    if (this.#process === 'starting') this.#process = 'started';
  }

  /** From now on the process is not ready, so that no new work is sent to it. */
  stop(): void {
    this.#process = 'stopping';
  }

  get isStopping(): boolean {
    return this.#process === 'stopping';
  }

  /** Whether work may be sent to the process. What it needs is not asked: while that is away, it says so itself. */
  readiness(): HealthReport {
    if (this.#process === 'started') return { status: 'ok', checks: { process: { status: 'ok', duration_ms: 0 } } };
    return { status: 'unavailable', checks: { process: { status: 'failed', duration_ms: 0, error: this.#process } } };
  }

  /** Whether the process and what it needs work, asked anew: once for all who want to know at the same time. */
  report(): Promise<HealthReport> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<HealthReport> {
    const { status: readiness, checks } = this.readiness();
    let status = readiness;
    await Promise.all(
      this.#dependencies.map(async ({ name, optional, check }) => {
        const started = performance.now();
        const duration = () => Math.round(performance.now() - started);
        try {
          await within(checkTimeoutSeconds, check());
          checks[name] = { status: 'ok', duration_ms: duration() };
        } catch (error) {
          checks[name] = { status: 'failed', duration_ms: duration(), error: (error as Error).message };
          if (!optional) status = 'unavailable';
          else if (status === 'ok') status = 'degraded';
        }
      }),
    );
    return { status, checks };
  }
}

const withoutErrors = (checks: HealthReport['checks']) =>
  Object.fromEntries(Object.entries(checks).map(([name, { error, ...check }]) => [name, check]));

/**
 * Adds /health, /health/ready and /health/live to a server.
 *
 * @param showErrors whether the answer tells why a check failed, which may name hosts: not on a public server
 */
export function addHealthRoutes(server: FastifyInstance, health: Health, showErrors: boolean): void {
  const live = { tags: ['health'], operationId: 'getLiveness', summary: 'The process answers' };
  server.get('/health/live', { schema: live }, async () => ({ status: 'ok' }));
  const questions: [
    url: string,
    operationId: string,
    summary: string,
    ask: () => HealthReport | Promise<HealthReport>,
  ][] = [
    ['/health/ready', 'getReadiness', 'Work may be sent to the process: 200, otherwise 503', () => health.readiness()],
    [
      '/health',
      'getHealth',
      'The process and what it needs: 200 when ok or degraded, otherwise 503',
      () => health.report(),
    ],
  ];
  for (const [url, operationId, summary, ask] of questions) {
    server.get(url, { schema: { tags: ['health'], operationId, summary } }, async (_request, reply) => {
      const { status, checks } = await ask();
      const shown = showErrors ? checks : withoutErrors(checks);
      return reply.code(status === 'unavailable' ? 503 : 200).send({ status, checks: shown });
    });
  }
}
