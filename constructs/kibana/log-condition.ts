/** The fields of a line that searches ask for or show; each is in the mappings of constructs/log-setup. */
export type LogField =
  | '@timestamp'
  | 'client.ip'
  | 'data_stream.dataset'
  | 'error.message'
  | 'event.duration_seconds'
  | 'http.request.method'
  | 'http.response.status_code'
  | 'log.level'
  | 'message'
  | 'trace.id'
  | 'url.path'
  | 'user.name';

/** What lines are meant: in Kibana's language, and as Elasticsearch is asked for the same by Kibana. */
export interface LogCondition {
  /** @see https://www.elastic.co/docs/reference/query-languages/kql */
  readonly kql: string;
  readonly query: object;
}

/** A keyword of this very text, or words of a text that follow each other. */
export const says = (field: LogField, text: string): LogCondition => ({
  kql: `${field}: ${quoted(text)}`,
  query: { match_phrase: { [field]: text } },
});

export const isNumber = (field: LogField, number: number): LogCondition => ({
  kql: `${field}: ${number}`,
  query: { match: { [field]: number } },
});

export const isAtLeast = (field: LogField, number: number): LogCondition => ({
  kql: `${field} >= ${number}`,
  query: { range: { [field]: { gte: number } } },
});

export const isThere = (field: LogField): LogCondition => ({ kql: `${field}: *`, query: { exists: { field } } });

export const all = (...conditions: readonly LogCondition[]): LogCondition => ({
  kql: `(${conditions.map(({ kql }) => kql).join(' and ')})`,
  query: { bool: { filter: conditions.map(({ query }) => query) } },
});

export const any = (...conditions: readonly LogCondition[]): LogCondition => ({
  kql: `(${conditions.map(({ kql }) => kql).join(' or ')})`,
  query: { bool: { should: conditions.map(({ query }) => query), minimum_should_match: 1 } },
});

/** In quotes nothing but these two means anything. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
