// The fields of a schema that only the documentation reads are swagger's.
import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
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

  /** Whether work may be sent to the process. Its dependencies are not asked: while one is away, the process says so in its answers. */
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
