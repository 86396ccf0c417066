import { Gauge, type Registry } from 'prom-client';
import { readForScrape } from '../runtime/scrape';
import { listPartitions } from './partitions';
import type { Database } from './pool';

/** Until when bars have a partition to be stored in, asked at each scrape. */
export function registerPartitionEnd(registry: Registry, database: Database): void {
  new Gauge({
    name: 'stock_data_partitioned_until_seconds',
    help: 'When the last yearly partition of stock_data ends, in seconds since 1970.',
    registers: [registry],
    async collect() {
      this.remove();
      const ends = (await readForScrape(listPartitions(database)))
        .map(({ to }) => Date.parse(to))
        .filter(Number.isFinite);
      if (ends.length > 0) this.set(Math.max(...ends) / 1000);
    },
  });
}
