import { type ElasticsearchUser, userName } from '../elasticsearch/elasticsearch-users';
import type { SnapshotRepository } from '../elasticsearch/snapshot-repository';
import { logMappings } from './log-mappings';

export interface LogSettings {
  readonly environment: string;
  /** After which a log is deleted. */
  readonly retentionDays: number;
  /** Copies of each shard beside the first; a single node has room for none, and would stay yellow. */
  readonly replicas: number;
}

/** One request to Elasticsearch, or to Kibana, that can be repeated. */
export interface SetUpRequest {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  /** @default - a file is sent */
  readonly body?: Readonly<Record<string, unknown>>;
  /** The file that is sent, as a browser does it. @default - a body is sent */
  readonly uploadedFile?: string;
  /** The file that the password in the body comes from. */
  readonly passwordFile?: string;
}

/** Names of everything that is made. */
const name = 'stock-logs';

/** The pattern of the data streams of all components of all environments. */
export const allStreams = 'logs-stock.*-*';

/** The pattern of the data streams of all components of one environment. */
export const allStreamsOf = (environment: string): string => `logs-stock.*-${environment}`;

/** The data stream of a component's logs. */
export const dataStreamOf = (component: string, environment: string): string =>
  `logs-stock.${component}-${environment}`;

/** What has to be in Elasticsearch before the first log arrives. The order is one of needs: a template names its parts. */
export const templateRequests = (settings: LogSettings): SetUpRequest[] => [
  lifecycle(settings),
  componentTemplate(
    'settings',
    {
      settings: {
        'index.lifecycle.name': `${name}-${settings.environment}`,
        'index.number_of_shards': 1,
        'index.number_of_replicas': settings.replicas,
        // One strange line must not be lost for one of its fields, nor fill the cluster's memory with names.
        'index.mapping.ignore_malformed': true,
        'index.mapping.total_fields.limit': 1000,
      },
    },
    settings,
  ),
  componentTemplate('mappings', { mappings: logMappings }, settings),
  {
    method: 'PUT',
    path: `/_index_template/${name}-${settings.environment}`,
    body: {
      index_patterns: [allStreamsOf(settings.environment)],
      data_stream: {},
      // The server's own template for logs-*-* has 100.
      priority: 500,
      composed_of: ['settings', 'mappings'].map((part) => `${name}-${part}-${settings.environment}`),
    },
  },
];
/** Days in one index: one a day and component would be more shards than a small node carries. */
const daysOfIndex = 7;

/** A new index every week or at 10 GB, and each is deleted so long after its last line. */
const lifecycle = ({ environment, retentionDays }: LogSettings): SetUpRequest => ({
  method: 'PUT',
  path: `/_ilm/policy/${name}-${environment}`,
  body: {
    policy: {
      phases: {
        hot: {
          actions: {
            rollover: { max_age: `${Math.min(daysOfIndex, retentionDays)}d`, max_primary_shard_size: '10gb' },
          },
        },
        delete: { min_age: `${retentionDays}d`, actions: { delete: {} } },
      },
    },
  },
});

const componentTemplate = (part: string, template: object, { environment }: LogSettings): SetUpRequest => ({
  method: 'PUT',
  path: `/_component_template/${name}-${part}-${environment}`,
  body: { template },
});

/** Has a folder of the server, on a volume of its own, take snapshots; the server writes into it before it says yes. */
export const repositoryRequest = ({ name: repository, folder }: SnapshotRepository): SetUpRequest => ({
  method: 'PUT',
  path: `/_snapshot/${repository}`,
  body: { type: 'fs', settings: { location: folder } },
});

const role = (user: ElasticsearchUser, privileges: Readonly<Record<string, unknown>>): SetUpRequest => ({
  method: 'PUT',
  path: `/_security/role/${userName(user)}`,
  body: privileges,
});

const user = (which: ElasticsearchUser, roles: readonly string[]): SetUpRequest => ({
  method: 'PUT',
  path: `/_security/user/${userName(which)}`,
  body: { roles },
  passwordFile: `${which}-password`,
});

/** The roles, a user of each, and Kibana's password. */
export const userRequests: readonly SetUpRequest[] = [
  role('writer', {
    cluster: ['monitor'],
    indices: [{ names: [allStreams], privileges: ['auto_configure', 'create_doc'] }],
  }),
  role('reader', {
    indices: [{ names: [allStreams], privileges: ['read', 'view_index_metadata'] }],
    // Kibana shows it what it may read, and lets it change nothing.
    applications: [{ application: 'kibana-.kibana', privileges: ['read'], resources: ['*'] }],
  }),
  role('exporter', {
    cluster: ['monitor'],
    indices: [{ names: ['*'], privileges: ['monitor', 'view_index_metadata'] }],
  }),
  // The server has no right to count lines that is not one to read them.
  role('observer', { cluster: ['monitor_snapshot'], indices: [{ names: [allStreams], privileges: ['read'] }] }),
  // It makes snapshots and takes old ones away; it restores none, and reads no line.
  role('snapshots', { cluster: ['create_snapshot', 'cluster:admin/snapshot/delete'] }),
  // In Kibana alone, in the one space there is; Elasticsearch itself gives it nothing.
  role('importer', {
    applications: [
      {
        application: 'kibana-.kibana',
        privileges: ['feature_savedObjectsManagement.all'],
        resources: ['space:default'],
      },
    ],
  }),
  user('writer', ['stock_writer']),
  user('reader', ['stock_reader']),
  user('exporter', ['stock_exporter']),
  user('observer', ['stock_observer']),
  user('snapshots', ['stock_snapshots']),
  user('importer', ['stock_importer']),
  {
    method: 'PUT',
    path: `/_security/user/${userName('kibana')}/_password`,
    body: {},
    passwordFile: 'kibana-password',
  },
];
