import { Type } from 'typebox';
import type { ResolvedSymbol, SymbolResolver } from '../market/symbol-resolver';
import { listOf } from '../runtime/list-of';
import { Problem } from './problem';

const mostSymbols = 200;

/** A parameter that names several stocks. */
export const symbolsParameter = Type.String({
  maxLength: 4000,
  description: `Up to ${mostSymbols} stocks, separated by commas: 600000.SH,000001.SZ`,
});

/** The symbols in a list of them, each once, in the order given. @throws Problem */
export async function resolveList(symbols: SymbolResolver, text: string): Promise<ResolvedSymbol[]> {
  const names = listOf(text);
  if (names.length === 0 || names.length > mostSymbols) {
    throw new Problem(400, 'invalid_request', `symbols names ${names.length} stocks; allowed are 1 to ${mostSymbols}`);
  }
  const resolved = await Promise.all(names.map((name) => symbols.resolve(name)));
  return [...new Map(resolved.map((entry) => [entry.symbol, entry])).values()];
}
