import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readForScrape } from '../runtime/scrape';
import { type Freshness, findFreshness } from './freshness';
import { findMissingDays } from './missing-days';

/** Whether each dataset was ever loaded, how far it is behind the trading calendar and what it lacks of it, asked at each scrape. */
export function registerFreshness(registry: Registry, database: Database, now = () => new Date()): void {
  let reading: Promise<readonly Freshness[]> | undefined;
  // Both are asked at each scrape, and answered from one reading.
  const freshness = () => {
    reading ??= readForScrape(findFreshness(database, now())).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  new Gauge({
    name: 'dataset_loaded',
    help: 'Whether a dataset was ever loaded, by dataset.',
    labelNames: ['dataset'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { dataset, latest_day: day } of await freshness()) this.set({ dataset }, day === null ? 0 : 1);
    },
  });
  new Gauge({
    name: 'dataset_lag_trading_days',
    help: 'Trading days whose rows are due and not there, by dataset; none for one that was never loaded.',
    labelNames: ['dataset'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { dataset, lag_trading_days: lag } of await freshness()) if (lag !== null) this.set({ dataset }, lag);
    },
  });
  new Gauge({
    name: 'dataset_missing_trading_days',
    help: 'Trading days of the last weeks of which a dataset has nothing, though it has earlier and later ones, by dataset.',
    labelNames: ['dataset'],
    registers: [registry],
    async collect() {
      this.reset();
      const missing = await readForScrape(findMissingDays(database, now()));
      for (const { dataset, days } of missing) this.set({ dataset }, days);
    },
  });
}
