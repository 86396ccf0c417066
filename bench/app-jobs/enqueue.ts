import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { openQueue } from '../../app/src/jobs/queue';

/** Adds jobs one by one, each after the answer to the one before: enqueue.ts JOBS WARMUP_JOBS */
async function main(): Promise<void> {
  const [jobs, warmupJobs] = process.argv.slice(2).map(Number) as [number, number];
  const environment = { QUEUE_URL: process.env.QUEUE_URL ?? '', QUEUE_PASSWORD: undefined };
  const queue = openQueue(environment, pino({ level: 'warn' }));
  const add = () => queue.add('noop', {}, { jobId: randomUUID(), priority: 5 });
  for (let added = 0; added < warmupJobs; added++) await add();
  const milliseconds: number[] = [];
  const started = performance.now();
  for (let added = 0; added < jobs; added++) {
    const before = performance.now();
    await add();
    milliseconds.push(performance.now() - before);
  }
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ seconds, milliseconds })}\n`);
  await queue.close();
}

main();
