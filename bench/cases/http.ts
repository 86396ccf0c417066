import { requireSameAnswers, type SampleRequest } from '../answers';
import { load, type Traffic } from '../load';
import { cpuSeconds } from '../process-usage';
import { type Running, type Side, type Stack, sides } from '../stack';
import type { Case, CaseContext, Comparison, Measurement } from './case';

interface HttpCase {
  name: string;
  title: string;
  target?: number;
  traffic: Traffic;
  /** What the sides must answer alike before they are measured. */
  samples: SampleRequest[];
  baselineEnvironment?: Record<string, string>;
  against?: string;
}

const warmupSeconds = 2;
const warmupRequests = 5000;
const mostWarmupSeconds = 20;

const get = (path: string): SampleRequest => ({ method: 'GET', path });
const cachedDaily = '/api/v1/stocks/600000.SH/daily?start=2023-01-01&end=2023-12-31&limit=100';
const dailySamples: SampleRequest[] = [
  get(cachedDaily),
  get(cachedDaily),
  get('/api/v1/stocks/sh600999/daily'),
  get('/api/v1/stocks/600123.SH/daily?start=2023-03-01&end=2023-03-31'),
  get('/api/v1/stocks/600123.SH/daily?start=2030-01-01'),
  get('/api/v1/stocks/600123.SH/daily?start=2023-03-01&limit=5&cursor=MjAyMy0wMy0xMA'),
  get('/api/v1/stocks/603999.SH/daily'),
  get('/api/v1/stocks/999999/daily'),
  { ...get(cachedDaily), anonymous: true },
];

const httpCases: HttpCase[] = [
  { name: 'live', title: 'GET /health/live', traffic: { path: '/health/live' }, samples: [get('/health/live')] },
  {
    name: 'health',
    title: 'GET /health: asks PostgreSQL, queue and cache',
    traffic: { path: '/health' },
    samples: [get('/health')],
  },
  {
    name: 'cached',
    title: '100 daily rows, cached',
    target: 4,
    traffic: { path: cachedDaily },
    samples: dailySamples,
  },
  {
    name: 'uncached',
    title: '100 daily rows, not cached',
    target: 3.5,
    traffic: { unique: 'daily', limit: 100 },
    samples: dailySamples,
  },
  {
    name: 'uncached-json',
    title: '100 daily rows, not cached, JSON made by PostgreSQL on both sides',
    traffic: { unique: 'daily', limit: 100 },
    samples: dailySamples,
    baselineEnvironment: { BASELINE_ROWS_AS_JSON: 'true' },
  },
  {
    name: 'single-row',
    title: '1 daily row, not cached',
    target: 2.5,
    traffic: { unique: 'daily', limit: 1 },
    samples: [get('/api/v1/stocks/600001.SH/daily?start=2023-03-01&limit=1')],
  },
  {
    name: 'list',
    title: 'list of 500 stocks, cached',
    traffic: { path: '/api/v1/stocks?limit=500' },
    samples: [get('/api/v1/stocks?limit=500'), get('/api/v1/stocks?limit=3&query=6001&cursor=NjAwMTAzLlNI')],
  },
  {
    name: 'post-job',
    title: 'POST /api/v1/jobs: recorded, then queued',
    traffic: { unique: 'jobs' },
    samples: [
      {
        method: 'POST',
        path: '/api/v1/jobs',
        body: '{"type":"ingest","source":"sample","symbols":["sh600000"],"start":"2023-01-01","end":"2023-01-05"}',
      },
    ],
  },
];

async function forget(stack: Stack): Promise<void> {
  await stack.cacheRedis.client.flushall();
  await stack.queueRedis.client.flushall();
  await stack.database.query('TRUNCATE job CASCADE');
}

async function measure(
  { stack, seconds, connections }: CaseContext,
  running: Running,
  traffic: Traffic,
): Promise<Measurement> {
  await forget(stack);
  const shared = [await stack.postgresProcessId, stack.cacheRedis.processId, stack.queueRedis.processId];
  const [ownBefore, sharedBefore] = [cpuSeconds(running.processIds), cpuSeconds(shared)];
  const result = await load(running.urls, traffic, stack.apiKey, connections, seconds);
  const microseconds = (used: number) => (used * 1e6) / result.requests;
  return {
    value: result.requestsPerSecond,
    p50Milliseconds: result.p50Milliseconds,
    p99Milliseconds: result.p99Milliseconds,
    errors: result.errors,
    cpuMicroseconds: {
      own: microseconds(cpuSeconds(running.processIds) - ownBefore),
      shared: microseconds(cpuSeconds(shared) - sharedBefore),
    },
  };
}

/** Loads a server until it has compiled what it runs, which depends on requests rather than on time. */
async function warmUp(context: CaseContext, running: Running, traffic: Traffic): Promise<void> {
  let requests = 0;
  for (
    let spentSeconds = 0;
    requests < warmupRequests && spentSeconds < mostWarmupSeconds;
    spentSeconds += warmupSeconds
  ) {
    await forget(context.stack);
    requests += (await load(running.urls, traffic, context.stack.apiKey, context.connections, warmupSeconds)).requests;
  }
}

async function runHttpCase(definition: HttpCase, context: CaseContext): Promise<Comparison[]> {
  const { stack, rounds, processes } = context;
  const running: Record<Side, Running> = {
    app: await stack.startApi('app', processes),
    baseline: await stack.startApi('baseline', processes, definition.baselineEnvironment),
  };
  try {
    const [appUrl = '', baselineUrl = ''] = sides.map((side) => running[side].urls[0]);
    await forget(stack);
    await requireSameAnswers(appUrl, baselineUrl, stack.apiKey, definition.samples, () => forget(stack));
    for (const side of sides) await warmUp(context, running[side], definition.traffic);
    const measurements: Record<Side, Measurement[]> = { app: [], baseline: [] };
    for (let round = 1; round <= rounds; round++) {
      for (const side of sides) {
        const measurement = await measure(context, running[side], definition.traffic);
        measurements[side].push(measurement);
        context.log(`${definition.name} ${round}/${rounds} ${side}: ${measurement.value.toFixed(0)} requests/s`);
      }
    }
    const { name, title, target } = definition;
    return [{ name, title, unit: 'requests/s', better: 'more', against: 'FastAPI', target, measurements }];
  } finally {
    await Promise.all(sides.map((side) => running[side].stop()));
  }
}

export const httpCaseList: Case[] = httpCases.map((definition) => ({
  name: definition.name,
  summary: definition.title,
  run: (context) => runHttpCase(definition, context),
}));
