import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readForScrape } from '../runtime/scrape';
import { findFreshness } from './freshness';

/** How far each dataset is behind the trading calendar, asked at each scrape. */
export function registerFreshness(registry: Registry, database: Database, now = () => new Date()): void {
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
