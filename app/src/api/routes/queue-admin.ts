import { type FastifyInstance, fastify } from 'fastify';
import { Type } from 'typebox';
import { summarizeJobs } from '../../jobs/job-store';
import type { JobQueue } from '../../jobs/queue';
import { within } from '../../runtime/within';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import { errors, security } from '../parameters';
import { sendFresh } from '../representation';

const dashboardPath = '/admin/queues';
const answerTimeoutSeconds = 2;

const CountByState = Type.Record(Type.String(), Type.Integer());

const overviewSchema = Type.Object(
  {
    jobs: CountByState,
    oldest_waiting_seconds: Nullable(
      Type.Number({ description: 'For how long the first job that could run has waited; null when none waits' }),
    ),
    queue: CountByState,
    workers: Type.Integer(),
    schedules: Type.Array(
      Type.Object({
        name: Type.String(),
        pattern: Nullable(Type.String({ description: 'Cron, on the clock of Shanghai' })),
        next: Nullable(Type.String({ format: 'date-time' })),
      }),
    ),
  },
  { title: 'QueueState' },
);

async function askQueue(queue: JobQueue) {
  const [counts, workers, schedulers] = await within(
    answerTimeoutSeconds,
    Promise.all([queue.getJobCounts(), queue.getWorkersCount(), queue.getJobSchedulers()]),
  );
  const schedules = schedulers.map(({ key, pattern, next }) => ({
    name: key,
    pattern: pattern ?? null,
    next: next === undefined ? null : new Date(next).toISOString(),
  }));
  return { queue: counts, workers, schedules };
}

/** The dashboard of the queue, on a server of its own. It shows and changes nothing. */
async function buildDashboard(queue: JobQueue): Promise<FastifyInstance> {
  const { createBullBoard } = await import('@bull-board/api');
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter');
  const { FastifyAdapter } = await import('@bull-board/fastify');
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(dashboardPath);
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true })],
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Stock analysis' } },
  });
  const server = fastify();
  await server.register(serverAdapter.registerPlugin(), { prefix: dashboardPath });
  await server.ready();
  return server;
}

/** Adds the state of the queue, and its dashboard. */
export function addQueueAdminRoutes(server: ApiServer, { queue, logger }: ApiContext): void {
  server.get(
    '/api/v1/queue',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['jobs'],
        operationId: 'getQueue',
        summary: 'Jobs by state, workers and schedules',
        description:
          'jobs counts the record; queue counts what the queue holds. While that does not answer, it, workers and schedules are empty.',
        security,
        response: { 200: envelopeSchema(overviewSchema), ...errors },
      },
    },
    async (request, reply) => {
      const { jobs, oldestWaitingSeconds } = await summarizeJobs(request.database);
      const asked = await askQueue(queue).catch((error) => {
        logger.warn({ err: error }, 'job queue does not answer');
        return undefined;
      });
      const data = {
        jobs,
        oldest_waiting_seconds: oldestWaitingSeconds,
        ...(asked ?? { queue: {}, workers: 0, schedules: [] }),
      };
      const warnings = asked ? [] : ['the queue does not answer; jobs are accepted and wait'];
      return sendFresh(request, reply, ownMeta(), JSON.stringify(data), warnings);
    },
  );

  let dashboard: Promise<FastifyInstance> | undefined;
  server.addHook('onClose', async () => (await dashboard)?.close());
  for (const url of [dashboardPath, `${dashboardPath}/*`]) {
    server.get(
      url,
      {
        config: { scope: 'admin' },
        schema: { hide: true },
        // A browser asks for user and password only when told to.
        onSend: async (_request, reply) => {
          if (reply.statusCode === 401) reply.header('www-authenticate', 'Basic realm="queue dashboard"');
        },
      },
      async (request, reply) => {
        // Most processes are never asked for it, and its code takes memory.
        dashboard ??= buildDashboard(queue);
        const { routing } = await dashboard;
        reply.hijack();
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        routing(request.raw, reply.raw);
      },
    );
  }
}
