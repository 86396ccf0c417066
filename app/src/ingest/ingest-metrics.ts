import { Counter, type Registry } from 'prom-client';

/** Metrics of what ingests store and refuse. */
export function createIngestMetrics(registry: Registry) {
  return {
    rows: new Counter({
      name: 'ingest_rows_total',
      help: 'Rows of ingest jobs by what became of them: inserted, updated, unchanged or quarantined.',
      labelNames: ['dataset', 'source', 'result'] as const,
      registers: [registry],
    }),
    violations: new Counter({
      name: 'dq_violations_total',
      help: 'Rows of sources that break a rule of data quality, by the rule.',
      labelNames: ['rule'] as const,
      registers: [registry],
    }),
  };
}
export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
