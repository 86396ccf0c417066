import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DatabasePool } from '../database/pool';
import { lostLogRecords } from './log-files';

/** A registry with the metrics of the process and of its database pool. */
export function createRegistry(database: DatabasePool): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registry.registerMetric(lostLogRecords);
  new Gauge({
    name: 'pg_pool_connections',
    help: 'Connections of this process to PostgreSQL, and requests that wait for one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, database.idleCount);
      this.set({ state: 'busy' }, database.totalCount - database.idleCount);
      this.set({ state: 'waiting' }, database.waitingCount);
    },
  });
  return registry;
}
