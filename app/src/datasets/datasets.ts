import type { Dataset, DatasetRow, HistoricalDataset } from '../market/dataset';
import { adjFactor } from './adj-factor';
import { daily } from './daily';
import type { DatasetDescriptor, HistoricalDescriptor } from './descriptor';
import { realtime } from './realtime';
import { stockBasic } from './stock-basic';
import { suspend } from './suspend';
import { symbolAlias } from './symbol-alias';
import { tradeCal } from './trade-cal';

/** The descriptors of the datasets with a history. */
export const historicalDescriptors: { readonly [D in HistoricalDataset]: HistoricalDescriptor<DatasetRow[D]> } = {
  suspend,
  adj_factor: adjFactor,
  daily,
};

/** The descriptor of every dataset. */
export const descriptors: { readonly [D in Dataset]: DatasetDescriptor<DatasetRow[D]> } = {
  trade_cal: tradeCal,
  stock_basic: stockBasic,
  symbol_alias: symbolAlias,
  ...historicalDescriptors,
  realtime,
};
