import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readLatestDays } from '../datasets/latest-days';
import { readForScrape } from '../runtime/scrape';
import { findFreshness } from './freshness';

/** Whether each dataset was ever loaded, and how far it is behind the trading calendar, asked at each scrape. */
export function registerFreshness(registry: Registry, database: Database, now = () => new Date()): void {
  new Gauge({
    name: 'dataset_loaded',
    help: 'Whether a dataset was ever loaded, by dataset.',
    labelNames: ['dataset'],
    registers: [registry],
    async collect() {
      this.reset();
      const latestDays = readLatestDays(database).then((days) => [...days]);
      for (const [dataset, day] of await readForScrape(latestDays)) this.set({ dataset }, day === null ? 0 : 1);
    },
  });
  new Gauge({
    name: 'dataset_lag_trading_days',
    help: 'Trading days whose rows are due and not there, by dataset; none for one that was never loaded.',
    labelNames: ['dataset'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { dataset, lag_trading_days: lag } of await readForScrape(findFreshness(database, now())))
        if (lag !== null) this.set({ dataset }, lag);
    },
  });
}
