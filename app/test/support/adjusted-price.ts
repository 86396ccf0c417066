/** A decimal text as a whole number of its last decimals: 12.3456 as 123456 and 4. */
function exactly(text: string): { digits: bigint; decimals: number } {
  const [whole = '', fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), decimals: fraction.length };
}

/**
 * Price x factor / divisor in exact arithmetic, rounded to six decimals, half away from zero: what the database is
 * expected to make of adjusted prices. For prices from 0.
 */
export function adjustedPrice(price: string, factor: string, divisor: string): string {
  const [a, b, c] = [exactly(price), exactly(factor), exactly(divisor)];
  const numerator = a.digits * b.digits * 10n ** BigInt(c.decimals + 6);
  const denominator = c.digits * 10n ** BigInt(a.decimals + b.decimals);
  const millionths = (2n * numerator + denominator) / (2n * denominator);
  const digits = millionths.toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
