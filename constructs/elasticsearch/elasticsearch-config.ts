import { snapshotVolume } from './snapshot-repository';

/** The settings of the bundled server, all of them; each is one that the server knows. */
const settings = {
  'cluster.name': 'stock-analysis',
  'network.host': '0.0.0.0',
  'discovery.type': 'single-node',
  'path.repo': snapshotVolume,
  // A restricted pod cannot raise vm.max_map_count.
  'node.store.allow_mmap': false,
  'xpack.security.enabled': true,
  // Or the first start makes certificates and writes them into its configuration.
  'xpack.security.enrollment.enabled': false,
  'xpack.security.http.ssl.enabled': false,
  // What the licence "basic" does not run.
  'xpack.ml.enabled': false,
  'xpack.watcher.enabled': false,
  // It would load a database from Elastic's servers.
  'ingest.geoip.downloader.enabled': false,
  'action.auto_create_index': 'logs-stock.*,.*',
} as const;

/** The elasticsearch.yml of the bundled server. */
export const renderElasticsearchConfig = (): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
