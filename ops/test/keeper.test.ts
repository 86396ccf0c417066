import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { freePorts } from '../../app/test/support/free-ports';
import { verifyCopies } from '../src/backup/verify';
import { Progress } from '../src/cli/progress';
import { writeDrill } from '../src/drill/drill-record';
import { keep } from '../src/keeper/keeper';
import { StoreMetrics } from '../src/keeper/store-metrics';
import { type CopiedDatabase, createCopiedDatabase } from './support/copies';

/** The samples of metrics, by their names and labels. */
const samplesOf = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.startsWith('stock_'))
      .map((line) => line.split(' '))
      .map(([name, value]) => [name, Number(value)]),
  );

describe('what is told of the copies', () => {
  let copied: CopiedDatabase;
  beforeEach(async () => {
    copied = await createCopiedDatabase();
  });
  afterEach(() => copied.drop());

  const metricsOf = () => new StoreMetrics(new Registry(), copied.store, 'trial');
  const told = async (metrics: StoreMetrics) => {
    await metrics.refresh();
    return samplesOf(await metrics.registry.metrics());
  };

  test('of what never was there is no sample: neither a copy of 1970 nor one of no bytes', async () => {
    const metrics = metricsOf();
    expect(Object.keys(samplesOf(await metrics.registry.metrics())).filter((name) => !name.includes('{'))).toEqual([]);
    const samples = await told(metrics);
    expect(Object.keys(samples).filter((name) => !name.includes('{'))).toEqual([
      'stock_backup_store_up',
      'stock_backup_store_free_bytes',
      'stock_backup_store_size_bytes',
    ]);
    expect(samples['stock_backup_attempts_total{result="failed"}']).toBe(0);
  });

  test('what is gone is told no more', async () => {
    const metrics = metricsOf();
    const { manifest } = await copied.create();
    await writeDrill(copied.store, { id: manifest.id, rtoSeconds: 3, rpoSeconds: 60 });
    expect(await told(metrics)).toMatchObject({
      stock_backup_last_success_timestamp_seconds: new Date(manifest.snapshotAt).getTime() / 1000,
      stock_restore_drill_rto_seconds: 3,
    });
    rmSync(path.join(copied.store.place, manifest.id), { recursive: true });
    const samples = await told(metrics);
    for (const name of ['stock_backup_last_success_timestamp_seconds', 'stock_restore_drill_rto_seconds'])
      expect(samples).not.toHaveProperty(name);
  });

  test('a damaged copy counts as none: the one before it is the newest, and another is due', async () => {
    const metrics = metricsOf();
    const before = (await copied.create()).manifest;
    await sleep(1_100);
    const damaged = (await copied.create()).manifest;
    const file = path.join(copied.store.place, damaged.id, damaged.files[0]?.path as string);
    expect(readFileSync(file).length).toBeGreaterThan(0);
    appendFileSync(file, 'x');
    await verifyCopies(copied.store, copied.environment(), damaged.id, new Progress(false));
    expect(await told(metrics)).toMatchObject({
      stock_backup_last_success_timestamp_seconds: new Date(before.snapshotAt).getTime() / 1000,
      'stock_backup_copies{state="damaged"}': 1,
    });
    expect(metrics.lastCopy).toEqual(new Date(before.snapshotAt));
  });
});

test('a database that has no table yet is waited for: neither a copy nor a drill fails', async () => {
  const copied = await createCopiedDatabase({ migrated: false });
  const [port] = await freePorts(1);
  const stopping = new AbortController();
  const kept = keep(copied.environment({ METRICS_PORT: String(port), HTTP_HOST: '127.0.0.1' }), stopping.signal);
  const ask = (page: string) => fetch(`http://127.0.0.1:${port}${page}`);
  while (
    !(await ask('/health/ready').then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await sleep(50);
  // All tasks are looked at as soon as it is ready.
  await sleep(2_000);
  const samples = samplesOf(await (await ask('/metrics')).text());
  stopping.abort();
  await kept;
  await copied.drop();
  expect(samples).toMatchObject({
    'stock_backup_attempts_total{result="failed"}': 0,
    'stock_restore_drill_attempts_total{result="failed"}': 0,
    stock_backup_store_up: 1,
  });
});
