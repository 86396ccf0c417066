import { all, any, isAtLeast, isNumber, isThere, type LogCondition, type LogField, says } from './log-condition';

/** A search that people find in Kibana. */
export interface LogSearch {
  /** Part of its address there: never another one. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly columns: readonly LogField[];
  readonly order: 'asc' | 'desc';
  /** How far back it looks, as Kibana writes it. */
  readonly from: 'now-1h' | 'now-24h' | 'now-7d';
  readonly condition: LogCondition;
}

/** The worst levels of each program: of ours, of Nginx, of PostgreSQL and of Elasticsearch. */
const errorLevels = ['error', 'fatal', 'crit', 'alert', 'emerg', 'ERROR', 'FATAL', 'PANIC'];

export const logSearches: readonly LogSearch[] = [
  {
    id: 'errors',
    title: 'Errors of the last hour',
    description: 'What any component calls an error, and requests that were answered with 5xx.',
    columns: ['data_stream.dataset', 'log.level', 'http.response.status_code', 'message', 'error.message', 'trace.id'],
    order: 'desc',
    from: 'now-1h',
    condition: any(
      ...errorLevels.map((level) => says('log.level', level)),
      isAtLeast('http.response.status_code', 500),
    ),
  },
  {
    id: 'slow-queries',
    title: 'Slow queries',
    description: 'Statements of more than a second, as PostgreSQL logs them (log_min_duration_statement).',
    columns: ['user.name', 'message'],
    order: 'desc',
    from: 'now-24h',
    condition: all(says('data_stream.dataset', 'stock.postgres'), says('message', 'duration')),
  },
  {
    id: 'request',
    title: 'One request by id',
    description: 'Add the filter trace.id: its lines in gateway, API and worker, in their order.',
    columns: [
      'data_stream.dataset',
      'trace.id',
      'http.request.method',
      'url.path',
      'http.response.status_code',
      'message',
    ],
    order: 'asc',
    from: 'now-24h',
    condition: isThere('trace.id'),
  },
  {
    id: 'failed-logins',
    title: 'Failed logins',
    description: 'Refused by PostgreSQL, by Nginx before pages without a login, or answered with 401.',
    columns: ['data_stream.dataset', 'client.ip', 'user.name', 'http.response.status_code', 'message'],
    order: 'desc',
    from: 'now-7d',
    condition: any(
      says('message', 'password authentication failed'),
      says('message', 'password mismatch'),
      isNumber('http.response.status_code', 401),
    ),
  },
];
