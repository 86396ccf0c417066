import type { Alert } from '../workload/observations';

/** What is told of jobs and of the sources of market data, by the workers' metrics. */
export const workerAlerts: readonly Alert[] = [
  {
    name: 'JobsTimeOut',
    expression: 'sum by (kind) (increase(job_timeouts_total[15m])) > 3',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Jobs reach their time limit',
    description: '{{ $value | printf "%.0f" }} attempts reached the {{ $labels.kind }} limit in 15 minutes',
  },
  {
    name: 'QuarantineRateHigh',
    expression:
      'sum by (dataset, source) (increase(ingest_rows_total{result="quarantined"}[1h])) / sum by (dataset, source) (increase(ingest_rows_total[1h])) > 0.05',
    forSeconds: 600,
    severity: 'warning',
    summary: 'A source gives many rows that break a rule',
    description:
      '{{ $value | humanizePercentage }} of the rows of {{ $labels.dataset }} from {{ $labels.source }} were put into quarantine',
  },
  {
    name: 'SourceBreakerOpen',
    expression: 'max by (source, api) (source_breaker_open) == 1',
    forSeconds: 900,
    severity: 'warning',
    summary: 'A source is not asked any more',
    description: 'The breaker of {{ $labels.source }} {{ $labels.api }} has stayed open (value {{ $value }})',
  },
  {
    name: 'SourceQuotaUsedUp',
    expression: 'sum by (source, api) (increase(source_requests_total{outcome="rate_limit"}[15m])) > 0',
    forSeconds: 600,
    severity: 'warning',
    summary: 'A source refuses requests for want of quota',
    description: '{{ $labels.source }} {{ $labels.api }} refused {{ $value | printf "%.0f" }} requests in 15 minutes',
  },
];
