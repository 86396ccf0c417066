import type { IngestContext } from '../../src/ingest/ingest';
import type { Dataset, DatasetRow } from '../../src/market/dataset';
import type { Fetched, Fetcher, MarketDataSource, Part, SourceName } from '../../src/sources/source';
import { SourceError } from '../../src/sources/source-error';

/** A source that has one dataset and notes which parts it was asked for. */
export interface FakeSource {
  source: MarketDataSource;
  asked: Part[];
}

export function fakeSource<D extends Dataset>(
  name: SourceName,
  dataset: D,
  partBy: Fetcher<unknown>['partBy'],
  reply: (part: Part, signal: AbortSignal) => Promise<DatasetRow[D][] | Fetched<DatasetRow[D]>>,
): FakeSource {
  const asked: Part[] = [];
  const fetcher: Fetcher<DatasetRow[D]> = {
    api: dataset,
    partBy,
    callsPerMinute: 1_000_000,
    fetch: (part, call) =>
      call(async (signal) => {
        asked.push(part);
        const answer = await reply(part, signal);
        return Array.isArray(answer) ? { rows: answer, refused: [] } : answer;
      }),
  };
  return { asked, source: { name, fetchers: { [dataset]: fetcher } } };
}

/** The way to the sources, asked in the order given. */
export const accessTo = (...sources: FakeSource[]): IngestContext['access'] => ({
  candidates(dataset, wanted) {
    const found = sources
      .map(({ source }) => source)
      .filter(({ name, fetchers }) => fetchers[dataset] && (wanted === 'auto' || wanted === name));
    if (found.length === 0) throw new SourceError('unavailable', `no source for ${dataset}`);
    return found;
  },
  async fetch(source, dataset, part, signal) {
    const fetcher = source.fetchers[dataset];
    if (!fetcher) throw new SourceError('unavailable', `${source.name} does not have ${dataset}`);
    return fetcher.fetch(part, (request) => request(signal));
  },
});
