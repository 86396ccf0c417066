import { closedMap } from '../runtime/closed-map';

/** A stock exchange of mainland China: Shanghai, Shenzhen or Beijing. */
export const exchanges = ['SH', 'SZ', 'BJ'] as const;
export type Exchange = (typeof exchanges)[number];

/** The exchange that a canonical symbol names. */
export const exchangeOf = (symbol: string): Exchange => symbol.slice(7) as Exchange;

/** The text is not a stock symbol; the message says which forms are. */
export class SymbolError extends Error {}

const stockPrefixes: ReadonlyArray<readonly [RegExp, Exchange]> = [
  [/^(60|68|900)/, 'SH'],
  [/^(000|001|002|003|200|201|300|301|302)/, 'SZ'],
  // Beijing moved to 920xxx in October 2025; the older ranges still occur in history.
  [/^(920|43|82|83|87|88)/, 'BJ'],
];

const exchangeNames = closedMap<Exchange>({
  SH: 'SH',
  SS: 'SH',
  XSHG: 'SH',
  SZ: 'SZ',
  XSHE: 'SZ',
  BJ: 'BJ',
  XBSE: 'BJ',
});

const forms =
  /^(?:(?<prefix>SH|SZ|BJ)\.?|(?<market>[01])\.)?(?<code>\d{6})(?:\.(?<suffix>SH|SS|SZ|BJ|XSHG|XSHE|XBSE))?$/;

/**
 * The canonical form of a stock symbol, such as 000001.SZ, 600000.SH or 920163.BJ.
 *
 * Accepts the forms other tools use: sz000001, SZ.000001, 000001, 000001.XSHE and 0.000001 (Eastmoney's market
 * number: 1 is Shanghai, 0 is Shenzhen or Beijing), in any case.
 *
 * @throws SymbolError when the text has none of these forms, is no stock's code, or names the wrong exchange
 */
export function parseSymbol(text: string): string {
  const groups = forms.exec(text.trim().toUpperCase())?.groups;
  if (!groups?.code) {
    throw new SymbolError(`'${text}' is not a stock symbol; write it as 000001.SZ, 600000.SH or 920163.BJ`);
  }
  const { code, prefix, market, suffix } = groups;
  const exchange = stockPrefixes.find(([pattern]) => pattern.test(code))?.[1];
  if (!exchange)
    throw new SymbolError(`'${text}' is not a stock symbol: no exchange lists stocks under ${code.slice(0, 3)}xxx`);
  const named = [prefix, suffix].filter((name) => name !== undefined).map((name) => exchangeNames.get(name));
  const marketMatches = market === undefined || (market === '1') === (exchange === 'SH');
  if (named.some((name) => name !== exchange) || !marketMatches) {
    throw new SymbolError(`'${text}' is not a stock: ${code} as a stock is ${code}.${exchange}`);
  }
  return `${code}.${exchange}`;
}
