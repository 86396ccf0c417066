import type { Call, Fetched, Fetcher, Part } from './source';
import { SourceError } from './source-error';
import { joined } from './source-rows';

/** How a source gives a dataset that it is asked for one stock at a time. */
export const bySymbol = <Row>(
  api: string,
  callsPerMinute: number,
  fetchOne: (symbol: string, part: Part, call: Call) => Promise<Fetched<Row>>,
): Fetcher<Row> => ({
  api,
  partBy: 'symbol',
  callsPerMinute,
  fetch: async (part, call) => {
    if (!part.symbols) throw new SourceError('request', `${api} is asked by stock; name the symbols`);
    const answers: Fetched<Row>[] = [];
    for (const symbol of part.symbols) answers.push(await fetchOne(symbol, part, call));
    return joined(answers);
  },
});
