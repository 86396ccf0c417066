import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readKnownCalendar } from '../market/trading-calendar';
import { addDays, dayInShanghai, shanghaiOffsetMilliseconds } from '../market/trading-day';
import { readForScrape } from '../runtime/scrape';

/**
 * Whether Shanghai trades today and until when that is known, asked at each scrape. Of a calendar that is made up nothing is told: it
 * quiets nobody, and has no end.
 */
export function registerCalendar(registry: Registry, database: Database, now = () => new Date()): void {
  const known = () => readForScrape(readKnownCalendar(database, dayInShanghai(now())));
  new Gauge({
    name: 'exchange_trades_today',
    help: 'Whether the exchange of Shanghai trades today by its calendar; none where that does not say.',
    registers: [registry],
    async collect() {
      this.remove();
      for (const { tradesToday } of await known()) if (tradesToday !== null) this.set(tradesToday ? 1 : 0);
    },
  });
  new Gauge({
    name: 'trading_calendar_until_seconds',
    help: 'When the last day ends that the calendar of Shanghai knows, in seconds since 1970.',
    registers: [registry],
    async collect() {
      this.remove();
      for (const { lastDay } of await known()) this.set(endOf(lastDay));
    },
  });
}

const endOf = (day: string): number => (Date.parse(`${addDays(day, 1)}T00:00:00Z`) - shanghaiOffsetMilliseconds) / 1000;
