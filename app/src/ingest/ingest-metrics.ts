import { Counter, type Registry } from 'prom-client';
import type { MarketDataSource } from '../sources/source';

/** What becomes of a row that a source gave. */
export const rowResults = ['inserted', 'updated', 'unchanged', 'quarantined'] as const;

/**
 * Metrics of what ingests store and refuse. Of each dataset that may be loaded they are there before its first row.
 *
 * @param sources those that are asked unless a request names another
 */
export function createIngestMetrics(registry: Registry, sources: readonly MarketDataSource[]) {
  const rows = new Counter({
    name: 'ingest_rows_total',
    help: 'Rows of ingest jobs by what became of them: inserted, updated, unchanged or quarantined.',
    labelNames: ['dataset', 'source', 'result'] as const,
    registers: [registry],
  });
  for (const { name: source, fetchers } of sources) {
    for (const dataset of Object.keys(fetchers)) {
      for (const result of rowResults) rows.inc({ dataset, source, result }, 0);
    }
  }
  return {
    rows,
    violations: new Counter({
      name: 'dq_violations_total',
      help: 'Rows of sources that break a rule of data quality, by the rule.',
      labelNames: ['rule'] as const,
      registers: [registry],
    }),
  };
}
export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
