import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../load';
import { memoryMebibytes } from '../process-usage';
import { type Running, type Side, sides } from '../stack';
import type { Case, CaseContext, Comparison, Measurement } from './case';

const cachedDaily = '/api/v1/stocks/600000.SH/daily?start=2023-01-01&end=2023-12-31&limit=100';
const settleSeconds = 3;

const perSide = (): Record<Side, Measurement[]> => ({ app: [], baseline: [] });

async function runMemory(context: CaseContext): Promise<Comparison[]> {
  const { stack, rounds, seconds, connections, processes, log } = context;
  const api = perSide();
  const worker = perSide();
  const workerProportional = perSide();
  for (let round = 1; round <= rounds; round++) {
    for (const side of sides) {
      const running = await stack.startApi(side, processes);
      await load(running.urls, { path: cachedDaily }, stack.apiKey, connections, seconds);
      await load(running.urls, { unique: 'daily', limit: 100 }, stack.apiKey, connections, seconds);
      api[side].push({ value: memoryMebibytes(running.processIds).resident });
      await running.stop();
      const started: Running = side === 'app' ? await stack.startAppWorker() : await stack.startCelery(1);
      await sleep(settleSeconds * 1000);
      const { resident, proportional } = memoryMebibytes(started.processIds);
      worker[side].push({ value: resident });
      workerProportional[side].push({ value: proportional });
      await started.stop();
      log(
        `memory ${round}/${rounds} ${side}: API ${api[side].at(-1)?.value.toFixed(0)} MiB, worker ${resident.toFixed(0)} MiB`,
      );
    }
  }
  const shared = { unit: 'MiB', better: 'less', target: 1 } as const;
  return [
    { ...shared, name: 'memory-api', title: 'API, resident after load', against: 'FastAPI', measurements: api },
    {
      ...shared,
      name: 'memory-worker',
      title: 'worker for 4 jobs at a time, resident, idle',
      against: 'Celery prefork -c 4',
      measurements: worker,
    },
    {
      ...shared,
      name: 'memory-worker-proportional',
      title: 'the same, shared pages counted once',
      against: 'Celery prefork -c 4',
      measurements: workerProportional,
    },
  ];
}

async function runColdStart({ stack, rounds, log }: CaseContext): Promise<Comparison[]> {
  const measurements = perSide();
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const started = performance.now();
      const running = await stack.startApi(side, 1);
      const milliseconds = performance.now() - started;
      await running.stop();
      // The first start of each side reads its files from the disk.
      if (round === 0) continue;
      measurements[side].push({ value: milliseconds });
      log(`cold-start ${round}/${rounds} ${side}: ${milliseconds.toFixed(0)} ms`);
    }
  }
  const title = 'start of the API to its first healthy answer';
  return [{ name: 'cold-start', title, unit: 'ms', better: 'less', against: 'FastAPI', measurements }];
}

export const footprintCases: Case[] = [
  { name: 'memory', summary: 'resident memory of API and worker', run: runMemory },
  { name: 'cold-start', summary: 'time from start to the first healthy answer', run: runColdStart },
];
