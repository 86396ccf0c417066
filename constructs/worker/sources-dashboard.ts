import { dashboard, now, overTime } from '../grafana/panels';
import { aliasesMayLag } from '../scheduler/alerts';
import type { Dashboard } from '../workload/observations';

/** How fresh and whole the data are, what sources of market data answer, and what is made of it. */
export const sourcesDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-sources',
    title: 'Sources and freshness',
    description:
      'How far the data are behind the trading calendar, the calls to the sources of market data, and the rows that were stored or refused.',
    environment,
    panels: [
      overTime({
        title: 'Trading days behind',
        description: `By dataset: trading days whose rows are due and not there; of aliases, which come once a week, those beyond ${aliasesMayLag}. After three hours somebody is told.`,
        alerts: ['DatasetStale'],
        unit: 'short',
        badFrom: 1,
        empty: 'nothing was loaded yet',
        queries: [
          {
            expression: 'max by (dataset) (dataset_lag_trading_days{dataset!="symbol_alias"})',
            legend: '{{dataset}}',
          },
          {
            expression: `clamp_min(max by (dataset) (dataset_lag_trading_days{dataset="symbol_alias"}) - ${aliasesMayLag}, 0)`,
            legend: '{{dataset}}',
          },
        ],
      }),
      overTime({
        title: 'Trading days missing',
        description:
          'By dataset: trading days of the last weeks of which there is nothing, though earlier and later ones are there. After a day somebody is told.',
        alerts: ['DatasetHasGaps'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'max by (dataset) (dataset_missing_trading_days)', legend: '{{dataset}}' }],
      }),
      now({
        title: 'Datasets never loaded',
        description: 'Of which there is nothing. A new environment loads its history first.',
        alerts: ['DatasetNeverLoaded'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'sum(1 - max by (dataset) (dataset_loaded))', legend: 'datasets' }],
      }),
      overTime({
        title: 'Rows quarantined',
        description: 'By dataset: rows a second that broke a rule and were not stored.',
        alerts: ['QuarantineRateHigh'],
        unit: 'cps',
        queries: [
          {
            expression: 'sum by (dataset) (rate(ingest_rows_total{result="quarantined"}[$__rate_interval]))',
            legend: '{{dataset}}',
          },
        ],
      }),
      overTime({
        title: 'Rows by what became of them',
        description: 'Rows a second of all datasets: inserted, updated, unchanged or quarantined.',
        alerts: ['DatasetStale'],
        unit: 'cps',
        queries: [{ expression: 'sum by (result) (rate(ingest_rows_total[$__rate_interval]))', legend: '{{result}}' }],
      }),
      overTime({
        title: 'Broken rules of data quality',
        description: 'Rows a second that break a rule, by the rule; those that are only unusual are stored.',
        alerts: ['QuarantineRateHigh'],
        unit: 'cps',
        queries: [
          {
            // Each rule is there from the first row that breaks it; before, none is quarantined.
            expression:
              'sum by (rule) (rate(dq_violations_total[$__rate_interval])) or on () label_replace(sum(rate(ingest_rows_total{result="quarantined"}[$__rate_interval])), "rule", "none", "", "")',
            legend: '{{rule}}',
          },
        ],
      }),
      overTime({
        title: 'Calls by outcome',
        description: 'Calls to sources a second; an error is shown where there is one.',
        unit: 'ops',
        queries: [
          {
            expression: 'sum by (source) (rate(source_requests_total{outcome="ok"}[$__rate_interval]))',
            legend: '{{source}} ok',
          },
          {
            expression: 'sum by (source, outcome) (rate(source_requests_total{outcome!="ok"}[$__rate_interval])) > 0',
            legend: '{{source}} {{outcome}}',
          },
        ],
      }),
      overTime({
        title: 'Duration of calls, 95th percentile',
        description: 'By source and interface, while it is called.',
        unit: 's',
        empty: 'no calls',
        queries: [
          {
            expression:
              'histogram_quantile(0.95, sum by (le, source, api) (rate(source_request_duration_seconds_bucket[$__rate_interval]))) >= 0',
            legend: '{{source}} {{api}}',
          },
        ],
      }),
      overTime({
        title: 'Open breakers',
        description:
          'Interfaces of each source that are not called, because their last calls failed; and which they are.',
        alerts: ['SourceBreakerOpen'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'sum by (source) (max by (source, api) (source_breaker_open))', legend: '{{source}}' },
          {
            expression: 'max by (source, api) (source_breaker_open) == 1',
            legend: '{{source}} {{api}}',
          },
        ],
      }),
      overTime({
        title: 'Waits for the budget of calls',
        description: 'Times a second that a call had to wait for, or was refused by, our own budget of calls a minute.',
        alerts: ['SourceQuotaUsedUp'],
        unit: 'ops',
        queries: [
          {
            expression: 'sum by (source) (rate(source_rate_limited_total[$__rate_interval]))',
            legend: '{{source}}',
          },
        ],
      }),
    ],
  });
