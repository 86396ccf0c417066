/**
 * A decimal number times a power of ten, digit by digit: no digit is lost and none is invented.
 *
 * @param decimal such as -12.5
 */
export function timesPowerOfTen(decimal: string, power: number): string {
  const point = decimal.includes('.') ? decimal.indexOf('.') : decimal.length;
  const fraction = decimal.slice(point + 1);
  // Most numbers have no more decimals than the point moves, and begin with another digit than 0.
  if (fraction.length <= power && decimal >= '1') {
    return decimal.slice(0, point) + fraction + '0'.repeat(power - fraction.length);
  }
  const sign = decimal.startsWith('-') ? '-' : '';
  const digits = decimal.slice(sign.length, point) + fraction.padEnd(power, '0');
  const newPoint = point - sign.length + power;
  const integer = digits.slice(0, newPoint).replace(/^0+(?=\d)/, '');
  const rest = digits.slice(newPoint).replace(/0+$/, '');
  return `${sign}${integer}${rest && `.${rest}`}`;
}

/** Shares, of which a lot has 100. Sources give lots with decimals, so the result is rounded to whole shares. */
export const sharesFromLots = (lots: string): number => Math.round(Number(timesPowerOfTen(lots, 2)));

/** Yuan, from an amount in thousands of them. */
export const yuanFromThousands = (thousands: string): string => timesPowerOfTen(thousands, 3);
