import { Construct } from 'constructs';
import { alone, exporterContainer, tell } from '../exporters/exporter';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { upstreamImage } from '../workload/image';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';
import { monitorRole } from './postgres-config';

export interface PostgresExporterProps {
  /** The server, with a port named `postgres`. */
  readonly server: Peer;
  readonly database: string;
  readonly password: SecretFile;
}

/** Shorter than the time that Prometheus waits: that a server does not answer is told, instead of nothing. */
const collectionTimeout = '8s';

/** Connections, transactions and tables of a PostgreSQL as metrics, read as a role that may read nothing else (manual 4.1: postgres-exporter). */
export class PostgresExporter extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { server, database, password }: PostgresExporterProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const container = exporterContainer(id, { image: upstreamImage(config.images, 'postgresExporter') }, 9187);
    this.workload = new Workload(this, 'workload', {
      ...container,
      ...alone,
      command: ['/bin/postgres_exporter'],
      environment: {
        ...container.environment,
        DATA_SOURCE_URI: `${server.name}:${server.port('postgres')}/${database}?sslmode=disable&connect_timeout=5`,
        DATA_SOURCE_USER: monitorRole,
        DATA_SOURCE_PASS_FILE: `${filesDirectory}/monitor-password`,
        PG_EXPORTER_COLLECTION_TIMEOUT: collectionTimeout,
      },
      files: { 'monitor-password': password },
    });
    tell(this.workload, server, { port: 'postgres', job: 'postgres-exporter', intervalSeconds: 15 });
  }
}
