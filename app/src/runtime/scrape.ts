import { within } from './within';

const scrapeTimeoutSeconds = 2;

/** What a gauge shows at a scrape: nothing where a dependency is down, so that all other gauges are still there. */
export const readForScrape = <T>(read: Promise<readonly T[]>): Promise<readonly T[]> =>
  within(scrapeTimeoutSeconds, read).catch(() => []);
