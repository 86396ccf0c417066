import type { DailyBar } from '../../src/market/daily-bar';

/** A bar that can be stored, with the given fields changed. */
export const bar = (changes: Partial<DailyBar> = {}): DailyBar => ({
  symbol: '600000.SH',
  tradeDate: '2024-01-02',
  open: '10.00',
  high: '10.50',
  low: '9.80',
  close: '10.20',
  preClose: '10.00',
  change: '0.20',
  changePercent: '2.0000',
  volumeShares: 1_000_000,
  amountYuan: '10150000.00',
  ...changes,
});
