/**
 * The widest limit that has applied to a stock's market, as a share of the price of the day before: 30 % in Beijing, 20 %
 * on STAR and ChiNext, otherwise 10 %.
 */
export function priceLimit(symbol: string): number {
  if (symbol.endsWith('.BJ')) return 0.3;
  return /^(688|689|30)/.test(symbol) ? 0.2 : 0.1;
}
