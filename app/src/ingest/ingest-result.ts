import type { Part, SourceName } from '../sources/source';
import type { SourceErrorKind } from '../sources/source-error';
import type { RowCounts } from './checkpoint';

/** A source that was asked and did not answer. */
export interface FailedSource {
  source: SourceName;
  kind: SourceErrorKind;
  reason: string;
}

/** A stock or some days that a source did not give while it gave others. */
export interface FailedPart extends Part, FailedSource {}

/** What an ingest job did, in rows. */
export interface IngestResult extends RowCounts {
  /** The source the rows come from; mixed when several answered. */
  source: SourceName | 'mixed' | null;
  fallback_from: FailedSource[];
  /** What no source gave, though it was asked for again once all others were stored. */
  failed_parts: FailedPart[];
}
