/**
 * A decimal number times a power of ten, digit by digit: no digit is lost and none is invented.
 *
 * @param decimal such as -12.5
 */
export function timesPowerOfTen(decimal: string, power: number): string {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.');
  const digits = whole + fraction.padEnd(power, '0');
  const point = whole.length + power;
  const integer = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const rest = digits.slice(point).replace(/0+$/, '');
  return `${decimal.startsWith('-') ? '-' : ''}${integer}${rest && `.${rest}`}`;
}

/** Shares, of which a lot has 100. Sources give lots with decimals, so the result is rounded to whole shares. */
export const sharesFromLots = (lots: string): number => Math.round(Number(timesPowerOfTen(lots, 2)));

/** Yuan, from an amount in thousands of them. */
export const yuanFromThousands = (thousands: string): string => timesPowerOfTen(thousands, 3);
