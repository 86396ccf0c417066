/** Who uses Elasticsearch, and nothing more than they need: a user of our own each, or Kibana's, which the server brings. */
export const elasticsearchUsers = [
  'writer',
  'reader',
  'exporter',
  'observer',
  'snapshots',
  'importer',
  'kibana',
] as const;
export type ElasticsearchUser = (typeof elasticsearchUsers)[number];

/** The user's name in the server. */
export const userName = (user: ElasticsearchUser): string => (user === 'kibana' ? 'kibana_system' : `stock_${user}`);
