import fc from 'fast-check';
import { sharesFromLots, timesPowerOfTen, yuanFromThousands } from '../../src/sources/units';

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, places]) => {
    const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
    const whole = text.slice(0, text.length - places);
    return { digits, places, text: `${digits < 0n ? '-' : ''}${whole}${places > 0 ? `.${text.slice(-places)}` : ''}` };
  });

/** The value of decimal text in units of 10^-12. */
function exact(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  return BigInt(whole + fraction.padEnd(12, '0')) * (text.startsWith('-') ? -1n : 1n);
}

describe('units', () => {
  test('are converted without losing or inventing a digit', () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 5 }), ({ text }, power) => {
        expect(exact(timesPowerOfTen(text, power))).toBe(exact(text) * 10n ** BigInt(power));
      }),
    );
  });

  test('come out as plain decimal text', () => {
    fc.assert(
      fc.property(decimal, ({ text }) => {
        expect(yuanFromThousands(text)).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });

  test('give whole shares back from lots, whatever floating-point noise the source has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (shares) => {
        expect(sharesFromLots(String(shares / 100))).toBe(shares);
      }),
    );
  });

  test.each([
    ['460697.37659', '460697376.59'],
    ['0.001', '1'],
    ['0', '0'],
    ['1.10', '1100'],
  ])('%s thousand yuan are %s yuan', (thousands, yuan) => {
    expect(yuanFromThousands(thousands)).toBe(yuan);
  });
});
