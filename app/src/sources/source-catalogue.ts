import { type Dataset, datasets } from '../market/dataset';
import type { Variable } from '../runtime/env';
import type { SourceName } from './source';

interface CatalogueEntry {
  /** The variable that configures the source; null where it needs none. */
  variable: Variable | null;
  datasets: readonly Dataset[];
}

/** What each source has, whether it is configured or not. */
export const sourceCatalogue: Readonly<Record<SourceName, CatalogueEntry>> = {
  tushare: { variable: 'TUSHARE_API_KEY', datasets },
  akshare: {
    variable: 'AKTOOLS_URL',
    datasets: ['trade_cal', 'stock_basic', 'suspend', 'adj_factor', 'daily', 'realtime'],
  },
  wind: { variable: 'WIND_URL', datasets: ['trade_cal', 'stock_basic', 'suspend', 'adj_factor', 'daily'] },
  sample: { variable: null, datasets },
};
