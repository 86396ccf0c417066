import { pino } from 'pino';
import { createApiKey } from '../../src/access/api-key';
import { migrate } from '../../src/database/migrations';
import { appRole, type DatabaseRole, ownerRole, readRole } from '../../src/database/roles';
import { openQueue } from '../../src/jobs/queue';
import { startApi } from '../../src/roles/api';
import type { RunningRole } from '../../src/roles/running-role';
import { startScheduler } from '../../src/roles/scheduler';
import { startWorker } from '../../src/roles/worker';
import { readEnvironment } from '../../src/runtime/env';
import { secretKey } from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePorts } from '../support/free-ports';

const silent = pino({ level: 'silent' });

describe('the roles together', () => {
  let database: TestDatabase;
  let api: RunningRole;
  let worker: RunningRole;
  let scheduler: RunningRole;
  let ports: { http: number; api: number; worker: number; scheduler: number };
  let key: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    key = (await createApiKey(database.reader, secretKey, 'test', ['read', 'write'])).key;
    const [http, ofApi, ofWorker, ofScheduler] = (await freePorts(4)) as [number, number, number, number];
    ports = { http, api: ofApi, worker: ofWorker, scheduler: ofScheduler };
    const environment = (port: number, role: DatabaseRole = appRole) => ({
      ...database.environmentOf(role),
      SECRET_KEY: secretKey,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http),
      METRICS_PORT: String(port),
    });
    api = await startApi(readEnvironment('api', environment(ofApi, readRole)), silent);
    worker = await startWorker(readEnvironment('worker', environment(ofWorker)), silent);
    scheduler = await startScheduler(readEnvironment('scheduler', environment(ofScheduler)), silent);
  });
  afterAll(async () => {
    await scheduler.close();
    await worker.close();
    await database.drop();
  });

  const request = async (port: number, path: string, options: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...options,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  /** Looks until what is expected is seen, or the time of the test is up: one that is busy for a moment may answer late. */
  const eventually = async (look: () => Promise<void>) => {
    const deadline = performance.now() + 50_000;
    for (;;) {
      try {
        return await look();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  test('take a job over HTTP, run it and serve its rows', async () => {
    const body = { type: 'ingest', source: 'sample', symbols: ['688990.SH'], start: '2024-01-02', end: '2024-01-05' };
    const accepted = await request(ports.http, '/api/v1/jobs', { method: 'POST', body: JSON.stringify(body) });
    expect(accepted.status).toBe(202);
    const { job_id } = JSON.parse(accepted.text).data;
    for (;;) {
      const { state } = JSON.parse((await request(ports.http, `/api/v1/jobs/${job_id}`)).text).data;
      if (state === 'completed') break;
      expect(state).not.toBe('failed');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const rows = await request(ports.http, '/api/v1/stocks/688990.SH/daily');
    expect(JSON.parse(rows.text).data.map(({ trade_date }: { trade_date: string }) => trade_date)).toEqual([
      '2024-01-02',
      '2024-01-03',
      '2024-01-04',
      '2024-01-05',
    ]);
  });

  test.each(['http', 'api', 'worker', 'scheduler'] as const)('are live and ready on the port of %s', async (name) => {
    expect((await request(ports[name], '/health/live')).status).toBe(200);
    const ready = await request(ports[name], '/health/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({ status: 'ok', checks: { process: { status: 'ok' } } });
    await eventually(async () => {
      const { status, text } = await request(ports[name], '/health');
      expect(status).toBe(200);
      const ok = { status: 'ok' };
      expect(JSON.parse(text).checks).toMatchObject({ database: ok, schema: ok, writes: ok, clock: ok, queue: ok });
    });
  });

  test.each([
    ['api', ['http_requests_total', 'pg_pool_connections', 'process_cpu_seconds_total']],
    ['worker', ['job_duration_seconds_bucket', 'ingest_rows_total', 'pg_pool_connections']],
    [
      'scheduler',
      [
        'jobs_unfinished{state="accepted"} 0',
        'bullmq_job_count{queue="stock-analysis",state="failed"} 0',
        'bullmq_job_count{queue="stock-analysis",state="prioritized"} 0',
        'bullmq_queue_oldest_waiting_seconds{queue="stock-analysis"} 0',
        'dlq_size 0',
        'schedule_faulty{schedule="quotes"} 0',
        'dataset_lag_trading_days gauge',
        'stock_data_partitioned_until_seconds 1',
        'exchange_trades_today gauge',
        'trading_calendar_until_seconds gauge',
      ],
    ],
  ] as const)('%s tells its metrics', async (name, expected) => {
    await eventually(async () => {
      const { text, type } = await request(ports[name], '/metrics');
      // Prometheus 3 reads nothing without a type that it knows.
      expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
      for (const part of expected) expect(text).toContain(part);
    });
  });

  test('set the schedules, and miss them when the queue has lost them', async () => {
    const schedules = async () => JSON.parse((await request(ports.api, '/health')).text);
    while ((await schedules()).status !== 'ok') await new Promise((resolve) => setTimeout(resolve, 20));
    const queue = openQueue(database.environment, silent);
    await queue.removeJobScheduler('quotes');
    await queue.close();
    expect(await schedules()).toMatchObject({
      status: 'degraded',
      checks: { schedules: { status: 'failed', error: expect.stringContaining('quotes (missing)') } },
    });
    while ((await schedules()).status !== 'ok') await new Promise((resolve) => setTimeout(resolve, 100));
  }, 60_000);

  test('are not healthy, but live and ready, while the schema is behind', async () => {
    await database.owner.query("UPDATE schema_migration SET name = 'gone' WHERE name = '005_job-control'");
    const { status, text } = await request(ports.api, '/health');
    const onPublicPort = await request(ports.http, '/health');
    await database.owner.query("UPDATE schema_migration SET name = '005_job-control' WHERE name = 'gone'");
    expect(status).toBe(503);
    expect(JSON.parse(text).checks.schema.error).toBe('migrations are missing; run `stock migrate`');
    expect(onPublicPort.status).toBe(503);
    expect(JSON.parse(onPublicPort.text).checks.schema).toEqual({ status: 'failed', duration_ms: expect.any(Number) });
    expect((await request(ports.http, '/health/live')).status).toBe(200);
    expect((await request(ports.http, '/health/ready')).status).toBe(200);
  });

  test('are not healthy while the database is read-only: the API reads on, a write is a 503', async () => {
    const name = new URL(database.environment.DATABASE_URL).pathname.slice(1);
    await database.asSuperuser(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await database.asSuperuser(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'stock-%'",
      [name],
    );
    const health = async () => JSON.parse((await request(ports.api, '/health')).text);
    try {
      // The first answer may still be of a connection that was cut.
      while ((await health()).status === 'unavailable') await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await health()).toMatchObject({
        status: 'degraded',
        checks: { writes: { error: expect.stringContaining('read-only') } },
      });
      expect((await request(ports.worker, '/health')).status).toBe(503);
      expect((await request(ports.http, '/api/v1/stocks')).status).toBe(200);
      const body = JSON.stringify({ type: 'ingest', source: 'sample', start: '2024-01-02', end: '2024-01-02' });
      const refused = await request(ports.http, '/api/v1/jobs', { method: 'POST', body });
      expect(refused.status).toBe(503);
      expect(JSON.parse(refused.text).code).toBe('database_unavailable');
    } finally {
      await database.asSuperuser(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    }
  });

  test('finish the requests under way when told to stop, and then close their ports', async () => {
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE stock IN ACCESS EXCLUSIVE MODE');
    const slow = request(ports.http, '/api/v1/stocks');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const closing = api.close();
    await holder.query('COMMIT');
    holder.release();
    expect((await slow).status).toBe(200);
    await closing;
    await expect(request(ports.http, '/health/live')).rejects.toThrow('fetch failed');
    await expect(request(ports.api, '/health/live')).rejects.toThrow('fetch failed');
  });

  test('start, say so and stop in time while the queue is down', async () => {
    const [http = 0, metrics = 0] = await freePorts(2);
    const environment = {
      ...database.environment,
      QUEUE_URL: 'redis://127.0.0.1:1/0',
      SECRET_KEY: secretKey,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http),
      METRICS_PORT: String(metrics),
    };
    for (const [start, expected] of [
      [() => startApi(readEnvironment('api', environment), silent), 200],
      [() => startWorker(readEnvironment('worker', environment), silent), 503],
      [() => startScheduler(readEnvironment('scheduler', environment), silent), 503],
    ] as const) {
      const role = await start();
      expect((await request(metrics, '/health/ready')).status).toBe(200);
      const { status, text } = await request(metrics, '/health');
      expect(status).toBe(expected);
      expect(JSON.parse(text).checks.queue).toMatchObject({ status: 'failed', error: 'no answer within 1 s' });
      const told = performance.now();
      await role.close();
      expect(performance.now() - told).toBeLessThan(20_000);
    }
  });

  test('wait for a database that is not usable yet, say why, and can be told to stop meanwhile', async () => {
    const unmigrated = await createTestDatabase({ migrated: false });
    const [metrics = 0] = await freePorts(1);
    const environment = readEnvironment('scheduler', {
      ...unmigrated.environment,
      HTTP_HOST: '127.0.0.1',
      METRICS_PORT: String(metrics),
    });
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).reason) });
    const untilWaiting = async () => {
      while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const stopping = new AbortController();
    const stopped = startScheduler(environment, logger, stopping.signal);
    await untilWaiting();
    stopping.abort();
    await expect(stopped).rejects.toThrow('aborted');

    lines.length = 0;
    const starting = startScheduler(environment, logger);
    await untilWaiting();
    expect(lines).toEqual(['migrations are missing; run `stock migrate`']);
    expect((await request(metrics, '/health/live')).status).toBe(200);
    const ready = await request(metrics, '/health/ready');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text).checks.process.error).toBe('starting');
    await migrate(readEnvironment('migrate', unmigrated.environmentOf(ownerRole)), 0, () => undefined);
    const role = await starting;
    expect((await request(metrics, '/health/ready')).status).toBe(200);
    await role.close();
    await unmigrated.drop();
  });

  test('leave nothing open when their port is taken', async () => {
    const [http = 0] = await freePorts(1);
    const environment = {
      ...database.environment,
      SECRET_KEY: secretKey,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http),
    };
    const taken = readEnvironment('api', { ...environment, METRICS_PORT: String(ports.worker) });
    await expect(startApi(taken, silent)).rejects.toThrow('EADDRINUSE');
    await expect(request(http, '/health/live')).rejects.toThrow('fetch failed');
  });
});
