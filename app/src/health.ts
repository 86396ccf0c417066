import type { FastifyInstance } from 'fastify';
import { isSchemaCurrent } from './database/migrations';
import type { Database } from './database/pool';
import type { JobQueue } from './jobs/queue';
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

/** PostgreSQL answers and has the schema this version needs. */
export const databaseDependencies = (database: Database): Dependency[] => [
  { name: 'database', check: () => database.query('SELECT 1') },
  {
    name: 'schema',
    check: async () => {
      if (!(await isSchemaCurrent(database))) throw new Error('migrations are missing; run `stock migrate`');
    },
  },
];

/** The job queue answers. */
export const queueDependency = (queue: JobQueue): Dependency => ({
  name: 'queue',
  check: () => queue.getJobCounts('waiting'),
});

/** What a process tells about its fitness: alive as long as it answers, ready while what it needs works. */
export class Health {
  #stopping = false;
  readonly #dependencies: Dependency[];

  constructor(dependencies: Dependency[]) {
    this.#dependencies = dependencies;
  }

  /** From now on the process is not ready, so that no new work is sent to it. */
  stop(): void {
    this.#stopping = true;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  async report(): Promise<HealthReport> {
    const checks: HealthReport['checks'] = {};
    let status: HealthReport['status'] = 'ok';
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
    if (this.#stopping) {
      checks.process = { status: 'failed', duration_ms: 0, error: 'stopping' };
      status = 'unavailable';
    }
    return { status, checks };
  }
}

/**
 * Adds /health, /health/ready (the same answer) and /health/live to a server.
 *
 * @param showErrors whether the answer tells why a check failed, which may name hosts: not on a public server
 */
export function addHealthRoutes(server: FastifyInstance, health: Health, showErrors: boolean): void {
  server.get('/health/live', { schema: { tags: ['health'], summary: 'The process answers' } }, async () => ({
    status: 'ok',
  }));
  for (const url of ['/health', '/health/ready']) {
    server.get(
      url,
      { schema: { tags: ['health'], summary: 'The process and what it needs: 200 when fit for work, otherwise 503' } },
      async (_request, reply) => {
        const { status, checks } = await health.report();
        if (!showErrors) for (const check of Object.values(checks)) delete check.error;
        return reply.code(status === 'unavailable' ? 503 : 200).send({ status, checks });
      },
    );
  }
}
