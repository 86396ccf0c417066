import type { Environment } from '../runtime/env';
import { createAkshareSource } from './akshare';
import { createSampleSource } from './sample';
import type { MarketDataSource } from './source';
import { createTushareSource } from './tushare';
import { createWindSource } from './wind';

type SourceSettings = Pick<
  Environment,
  | 'TUSHARE_API_KEY'
  | 'TUSHARE_HTTP_URL'
  | 'TUSHARE_CALLS_PER_MINUTE'
  | 'AKTOOLS_URL'
  | 'AKSHARE_API_KEY'
  | 'WIND_URL'
  | 'WIND_API_KEY'
>;

/** The sources that the environment says how to reach, and the sample, which needs nothing. */
export function configuredSources(environment: SourceSettings): MarketDataSource[] {
  const { TUSHARE_API_KEY, TUSHARE_HTTP_URL, TUSHARE_CALLS_PER_MINUTE, AKTOOLS_URL, AKSHARE_API_KEY } = environment;
  const { WIND_URL, WIND_API_KEY } = environment;
  const now = () => new Date();
  const sources: MarketDataSource[] = [createSampleSource(now)];
  if (TUSHARE_API_KEY) {
    const callsPerMinute = TUSHARE_CALLS_PER_MINUTE;
    sources.push(createTushareSource({ url: TUSHARE_HTTP_URL, token: TUSHARE_API_KEY, callsPerMinute }));
  }
  if (AKTOOLS_URL) sources.push(createAkshareSource({ url: AKTOOLS_URL, token: AKSHARE_API_KEY, now }));
  if (WIND_URL) sources.push(createWindSource({ url: WIND_URL, token: WIND_API_KEY }));
  return sources;
}
