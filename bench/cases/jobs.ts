import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../child';
import { cpuSeconds, memoryMebibytes } from '../process-usage';
import { type Running, type Side, type Stack, sides } from '../stack';
import type { Case, CaseContext, Comparison, Measurement } from './case';

const noopJobs = 4000;
const enqueuedJobs = 2000;
const warmupJobs = 500;
const pollMilliseconds = 5;
const stallSeconds = 60;

interface EnqueueOutput {
  seconds: number;
  milliseconds: number[];
}

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
};

async function enqueue(stack: Stack, side: Side): Promise<Measurement> {
  await stack.queueRedis.client.flushall();
  const args = [String(enqueuedJobs), String(warmupJobs)];
  const output = side === 'app' ? await stack.appEnqueue(args) : await stack.baselineModule('enqueue', args);
  const { seconds, milliseconds } = JSON.parse(output) as EnqueueOutput;
  return {
    value: enqueuedJobs / seconds,
    p50Milliseconds: percentile(milliseconds, 0.5),
    p99Milliseconds: percentile(milliseconds, 0.99),
    errors: 0,
  };
}

async function runEnqueue({ stack, rounds, log }: CaseContext): Promise<Comparison[]> {
  const measurements: Record<Side, Measurement[]> = { app: [], baseline: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const side of sides) {
      const measurement = await enqueue(stack, side);
      measurements[side].push(measurement);
      log(`enqueue ${round}/${rounds} ${side}: ${measurement.value.toFixed(0)} jobs/s`);
    }
  }
  const title = 'enqueue one by one';
  return [{ name: 'enqueue', title, unit: 'jobs/s', better: 'more', against: 'Celery', target: 4, measurements }];
}

/** Jobs of a side that are not done: waiting, or handed to a worker and not yet confirmed. */
async function openJobs(stack: Stack, side: Side): Promise<number> {
  const { client } = stack.queueRedis;
  await client.select(stack.queueDatabase(side));
  if (side === 'baseline') {
    const [waiting, unacknowledged] = await Promise.all([client.llen('celery'), client.hlen('unacked')]);
    return waiting + unacknowledged;
  }
  // Named one by one: to search for keys would hold Redis up while it is measured.
  const lengths = await Promise.all([
    client.llen('bull:stock-analysis:wait'),
    client.llen('bull:stock-analysis:active'),
    client.zcard('bull:stock-analysis:prioritized'),
  ]);
  return lengths.reduce((sum, length) => sum + length, 0);
}

interface Drained {
  measurement: Measurement;
  memory: ReturnType<typeof memoryMebibytes>;
}

/**
 * Fills a queue, then starts a worker and takes the time for the last nine tenths of the jobs, so that the start of
 * the worker's process does not count.
 */
async function drain(stack: Stack, side: Side, start: () => Promise<Running>): Promise<Drained> {
  await stack.queueRedis.client.flushall();
  const args = [String(noopJobs), '0'];
  await (side === 'app' ? stack.appEnqueue(args) : stack.baselineModule('enqueue', args));
  const added = await openJobs(stack, side);
  if (added !== noopJobs) throw new BenchError(`${added} of ${noopJobs} jobs are in the queue of ${side}`);
  const worker = await start();
  try {
    const countedFrom = noopJobs * 0.9;
    let counted: { at: number; open: number; cpu: number } | undefined;
    let lastProgress = performance.now();
    let lastOpen = noopJobs;
    for (;;) {
      const open = await openJobs(stack, side);
      const now = performance.now();
      if (open < lastOpen) [lastOpen, lastProgress] = [open, now];
      if (now - lastProgress > stallSeconds * 1000) {
        throw new BenchError(`the worker of ${side} did nothing for ${stallSeconds} s, with ${open} jobs left`);
      }
      if (!counted && open <= countedFrom) counted = { at: now, open, cpu: cpuSeconds(worker.processIds) };
      if (open === 0 && counted) {
        const cpu = cpuSeconds(worker.processIds) - counted.cpu;
        return {
          measurement: {
            value: counted.open / ((now - counted.at) / 1000),
            errors: 0,
            cpuMicroseconds: { own: (cpu * 1e6) / counted.open, shared: Number.NaN },
          },
          memory: memoryMebibytes(worker.processIds),
        };
      }
      await sleep(pollMilliseconds);
    }
  } finally {
    await worker.stop();
  }
}

async function runNoop({ stack, rounds, log }: CaseContext): Promise<Comparison[]> {
  const app: Measurement[] = [];
  const celery = new Map<number, Measurement[]>([
    [1, []],
    [4, []],
  ]);
  const memory: Record<Side, Measurement[]> = { app: [], baseline: [] };
  for (let round = 1; round <= rounds; round++) {
    const ours = await drain(stack, 'app', () => stack.startAppNoopWorker());
    app.push(ours.measurement);
    memory.app.push({ value: ours.memory.proportional });
    log(`noop ${round}/${rounds} app: ${ours.measurement.value.toFixed(0)} jobs/s`);
    for (const [prefetch, measurements] of celery) {
      const theirs = await drain(stack, 'baseline', () => stack.startCelery(prefetch));
      measurements.push(theirs.measurement);
      if (prefetch === 1) memory.baseline.push({ value: theirs.memory.proportional });
      log(`noop ${round}/${rounds} Celery, prefetch ${prefetch}: ${theirs.measurement.value.toFixed(0)} jobs/s`);
    }
  }
  return [...celery].map(([prefetch, measurements]) => ({
    name: `noop-prefetch-${prefetch}`,
    title: `no-op jobs at concurrency 4, against prefetch ${prefetch}`,
    unit: 'jobs/s',
    better: 'more',
    against: 'Celery prefork -c 4',
    target: 8,
    measurements: { app, baseline: measurements },
  }));
}

export const jobCases: Case[] = [
  { name: 'enqueue', summary: 'jobs added one by one through each queue library', run: runEnqueue },
  {
    name: 'noop',
    summary: 'jobs that do nothing, at concurrency 4, against Celery prefork with prefetch 1 and 4',
    run: runNoop,
  },
];
