import type { Dataset } from '../market/dataset';
import type { SourceName } from '../sources/source';

/** What an ingest job is asked to load. */
export interface IngestRequest {
  dataset: Dataset;
  /** One source, or the configured ones in order. */
  source: SourceName | 'auto';
  /** Canonical symbols in order; null for every stock. */
  symbols: string[] | null;
  /** First and last day, as YYYY-MM-DD. */
  start: string;
  end: string;
}
