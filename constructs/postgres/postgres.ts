import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { manualSettings, type PostgresSettings, renderPostgresConfig } from './postgres-config';

/** A PostgreSQL that components can be let into, whoever runs it. */
export interface PostgresEndpoint {
  /** Lets clients connect and tells them where and as whom (DATABASE_URL, DATABASE_PASSWORD_FILE). */
  allow(...clients: Client[]): void;
}

export interface PostgresProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
  /** @default - the manual's */
  readonly settings?: PostgresSettings;
}

const user = 'stock';
const database = 'stockdb';
const dataDirectory = '/var/lib/postgresql/data';

/** The bundled database: one PostgreSQL server on one volume, with data checksums and the manual's settings. */
export class Postgres extends Construct implements PostgresEndpoint, Client {
  readonly workload: Workload;
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    this.secret = new Secret(this, 'secret', { component: id, keys: { password: '{password}' } });
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      role: 'database',
      image: props.image,
      command: ['docker-entrypoint.sh', 'postgres', '-c', `config_file=${filesDirectory}/postgresql.conf`],
      user: { uid: 999, gid: 999 },
      ports: { postgres: 5432 },
      environment: {
        POSTGRES_USER: user,
        POSTGRES_DB: database,
        POSTGRES_PASSWORD_FILE: `${filesDirectory}/password`,
        POSTGRES_INITDB_ARGS: '--data-checksums --encoding=UTF8 --locale=C.UTF-8',
        // Below the mount, whose own directory may hold a lost+found.
        PGDATA: `${dataDirectory}/pgdata`,
      },
      files: {
        'postgresql.conf': { content: renderPostgresConfig(props.settings ?? manualSettings) },
        password: this.secret.file('password'),
      },
      scratchMiB: { '/tmp': 64, '/var/run/postgresql': 16, '/dev/shm': 128 },
      volume: { path: dataDirectory, sizeGiB: props.storageGiB },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      // A fast shutdown writes a checkpoint first.
      terminationGracePeriodSeconds: 120,
      probes: {
        // Over TCP, which the server that initializes the volume does not answer.
        startup: { check: accepts('127.0.0.1'), periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
        readiness: { check: accepts('127.0.0.1'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        liveness: { check: accepts('/var/run/postgresql'), periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 },
      },
    });
  }

  allow(...clients: Client[]): void {
    const { name } = this.workload;
    for (const client of clients) {
      Environment.of(this).connections.allow(client.workload, this.workload, 'postgres', {
        environment: {
          DATABASE_URL: `postgresql://${user}@${name}:${this.workload.port('postgres')}/${database}`,
          DATABASE_PASSWORD_FILE: `${filesDirectory}/database-password`,
        },
        files: { 'database-password': this.secret.file('password') },
      });
    }
  }
}

const accepts = (host: string) => ({ command: ['pg_isready', '-q', '-h', host, '-U', user, '-d', database] });
