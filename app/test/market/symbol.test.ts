import fc from 'fast-check';
import { parseSymbol, SymbolError } from '../../src/market/symbol';

const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((n) => String(n).padStart(length, '0'));
const codeOf = (prefixes: string[]) =>
  fc.constantFrom(...prefixes).chain((prefix) => digits(6 - prefix.length).map((rest) => prefix + rest));

const shanghai = codeOf(['60', '68', '900']);
const shenzhen = codeOf(['000', '001', '002', '003', '200', '300', '301', '302']);
const beijing = codeOf(['920', '43', '82', '83', '87', '88']);

describe('a stock symbol', () => {
  test.each([
    ['SH', 'XSHG', '1', shanghai],
    ['SH', 'SS', '1', shanghai],
    ['SZ', 'XSHE', '0', shenzhen],
    ['BJ', 'XBSE', '0', beijing],
  ])('of %s reads the same in every form other tools use', (exchange, mic, market, codes) => {
    fc.assert(
      fc.property(codes, (code) => {
        const canonical = `${code}.${exchange}`;
        const forms = [
          canonical,
          code,
          `${code}.${mic}`,
          `${exchange}${code}`,
          `${exchange.toLowerCase()}${code}`,
          `${exchange}.${code}`,
          `${market}.${code}`,
          ` ${canonical.toLowerCase()} `,
        ];
        for (const form of forms) expect(parseSymbol(form)).toBe(canonical);
      }),
    );
  });

  test('in canonical form stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(shanghai, shenzhen, beijing), (code) => {
        const canonical = parseSymbol(code);
        expect(parseSymbol(canonical)).toBe(canonical);
      }),
    );
  });

  test('is never made from other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/\d{6}/.test(text));
        expect(() => parseSymbol(text)).toThrow(SymbolError);
      }),
    );
  });

  test.each([
    ['sh000001', 'is not a stock: 000001 as a stock is 000001.SZ'],
    ['600000.SZ', 'is not a stock: 600000 as a stock is 600000.SH'],
    ['1.000001', 'is not a stock: 000001 as a stock is 000001.SZ'],
    ['SZ600000.SH', 'is not a stock: 600000 as a stock is 600000.SH'],
    ['510300', 'no exchange lists stocks under 510xxx'],
    ['AAPL', 'write it as 000001.SZ, 600000.SH or 920163.BJ'],
    ['', 'write it as 000001.SZ, 600000.SH or 920163.BJ'],
  ])("'%s' is refused", (text, reason) => {
    expect(() => parseSymbol(text)).toThrow(reason);
  });

  test('tells the Shanghai B shares 900xxx from Beijing 920xxx', () => {
    expect(parseSymbol('900901')).toBe('900901.SH');
    expect(parseSymbol('920163')).toBe('920163.BJ');
  });
});
