import type { ElasticsearchServer } from '../elasticsearch/elasticsearch-endpoint';

/** The settings that are used, each one that Kibana knows; `${…}` is a variable of the start script. */
interface KibanaSettings {
  readonly 'server.name': string;
  readonly 'server.host': string;
  readonly 'server.port': number;
  readonly 'server.basePath': string;
  readonly 'server.rewriteBasePath': boolean;
  readonly 'server.publicBaseUrl': string;
  readonly 'elasticsearch.hosts': readonly string[];
  readonly 'elasticsearch.username': string;
  readonly 'elasticsearch.password': string;
  readonly 'elasticsearch.ssl.certificateAuthorities'?: readonly string[] | undefined;
  readonly 'xpack.encryptedSavedObjects.encryptionKey': string;
  readonly 'xpack.security.encryptionKey': string;
  readonly 'xpack.security.secureCookies': boolean;
  readonly 'xpack.reporting.encryptionKey': string;
  readonly 'telemetry.enabled': boolean;
  readonly 'path.data': string;
}

export const kibanaPort = 5601;

/** All it has is below it. */
export const kibanaPath = '/kibana/';

/** Where it may write. */
export const dataDirectory = '/usr/share/kibana/data';

/**
 * The kibana.yml.
 *
 * @param elasticsearch where it keeps what it keeps, and as whom it comes
 * @param url where people reach it
 */
export function renderKibanaConfig(
  elasticsearch: ElasticsearchServer & { readonly user: string },
  url: string,
): string {
  const settings: KibanaSettings = {
    'server.name': 'stock-analysis',
    'server.host': '0.0.0.0',
    'server.port': kibanaPort,
    'server.basePath': withoutSlash(kibanaPath),
    'server.rewriteBasePath': true,
    'server.publicBaseUrl': withoutSlash(url),
    'elasticsearch.hosts': [elasticsearch.url],
    'elasticsearch.username': elasticsearch.user,
    'elasticsearch.password': '${STOCK_ELASTICSEARCH_PASSWORD}',
    'elasticsearch.ssl.certificateAuthorities': elasticsearch.caFile === undefined ? undefined : [elasticsearch.caFile],
    // Without keys of their own, what is stored and who is logged in end with every restart.
    'xpack.encryptedSavedObjects.encryptionKey': 'objects-${STOCK_ENCRYPTION_KEY}',
    'xpack.security.encryptionKey': 'security-${STOCK_ENCRYPTION_KEY}',
    'xpack.security.secureCookies': url.startsWith('https:'),
    'xpack.reporting.encryptionKey': 'reporting-${STOCK_ENCRYPTION_KEY}',
    'telemetry.enabled': false,
    'path.data': dataDirectory,
  };
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** As Kibana wants its addresses. */
const withoutSlash = (address: string): string => address.replace(/\/$/, '');
