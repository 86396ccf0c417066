import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { queueName } from '../../../app/src/jobs/queue';
import type { System } from '../system';
import type { Fault } from './fault';

const herdClients = 200;
const herdSeconds = 10;
const redeliverMilliseconds = 200;

/** Work on the queue itself, as only the application does. */
async function withQueue<T>(system: System, work: (queue: Queue) => Promise<T>): Promise<T> {
  const connection = { host: '127.0.0.1', port: system.ports.queue, password: system.password('queue') };
  const queue = new Queue(queueName, { connection });
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** What no version of the application would have recorded. */
const poison = [
  { type: 'no such type', request: {} },
  { type: 'ingest', request: { dataset: 'daily', source: 'sample', start: 'not a day', end: '🌋' } },
  { type: 'ingest', request: { dataset: 'constructor', source: '__proto__' } },
] as const;

async function recordPoison(system: System): Promise<string[]> {
  const ids: string[] = [];
  for (const { type, request } of poison) {
    const [job] = await system.sql<{ id: string }>('INSERT INTO job (type, request) VALUES ($1, $2) RETURNING id', [
      type,
      request,
    ]);
    ids.push(job?.id ?? '');
  }
  return ids;
}

export const jobFaults: readonly Fault[] = [
  {
    name: 'each job handed in three times at once',
    expected: 'no request fails; each is done once',
    inject: async (_system, load) => {
      load.setCopies(3);
      return async () => load.setCopies(1);
    },
  },
  {
    name: 'the queue delivers again what is done',
    expected: 'no request fails; what is done is not done again',
    inject: async (system, load) => {
      let isOver = false;
      const delivering = withQueue(system, async (queue) => {
        while (!isOver) {
          await queue.addBulk(load.accepted().map((jobId) => ({ name: 'ingest', data: {}, opts: { jobId } })));
          await sleep(redeliverMilliseconds);
        }
      });
      return async () => {
        isOver = true;
        await delivering;
      };
    },
  },
  {
    name: 'poison: jobs that can only fail, and entries of the queue that are none',
    expected: 'no request fails; they end among those that failed for good, the others are done',
    alerts: ['DeadLetters'],
    inject: async (system) => {
      const ids = await recordPoison(system);
      await withQueue(system, async (queue) => {
        await queue.add('no such schedule', {}, { jobId: 'no-record' });
        await queue.add('ingest', { text: 'x'.repeat(1_000_000) }, { jobId: '00000000-0000-0000-0000-000000000000' });
      });
      return async () => {
        await system.sql('DELETE FROM job WHERE id = ANY($1)', [ids]);
        await system.sql('DELETE FROM dead_letter WHERE job_id = ANY($1)', [ids]);
      };
    },
  },
  {
    name: `a herd: ${herdClients} clients more, with one key`,
    expected: '429 for too many at a time; never an error that is not said; at once as before when they are gone',
    inject: async (_system, load) => {
      const herd = load.herd(herdClients, herdSeconds);
      return () => herd;
    },
  },
];
