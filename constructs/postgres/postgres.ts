import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { PostgresMajor } from '../../config/versions';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { RotatedSecret } from '../workload/rotated-secret';
import { Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { postgresAlerts } from './alerts';
import { postgresDashboard } from './dashboard';
import { ExistingPostgres, type ExistingPostgresProps } from './existing-postgres';
import {
  type ClientRole,
  databaseRoles,
  loginName,
  manualSettings,
  monitorRole,
  type PostgresSettings,
  renderHostBasedAuthentication,
  renderPostgresConfig,
  roleName,
} from './postgres-config';
import { accessAs, type DatabaseAccess, type PostgresEndpoint } from './postgres-endpoint';
import { PostgresExporter } from './postgres-exporter';

export interface PostgresProps {
  readonly image: ContainerImage;
  /** Major version of the image. @default 17 */
  readonly major?: PostgresMajor;
  /** Major version whose volume stays beside, and whose database `stockops upgrade` brings. @default - none */
  readonly keptMajor?: PostgresMajor | undefined;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
  /** @default - those of manual 7.1 */
  readonly settings?: PostgresSettings;
  /** Of each password: raise it to have another made and used, while the former is valid still. @default 1 */
  readonly passwordRevisions?: Readonly<Record<ClientRole | 'monitor', number>>;
}

const database = 'stockdb';
/** Whom clients may connect as. */
const clientRoles = [...databaseRoles, 'backup'] as const;
/**
 * Where each major version has its data, which no other reads; the images since 18 declare a volume where theirs is.
 * @see https://github.com/docker-library/docs/blob/master/postgres/README.md#pgdata
 */
const volumes: Readonly<Record<PostgresMajor, { readonly name: string; readonly path: string }>> = {
  17: { name: 'data', path: '/var/lib/postgresql/data' },
  18: { name: 'data-18', path: '/var/lib/postgresql' },
};
/** The application's own definition of its roles, which the server runs at every start. */
const sqlFolder = join(__dirname, '../../app/database');

/**
 * The bundled database: one PostgreSQL server on one volume, with data checksums, the settings of manual 7.1 and the roles of
 * the application and of its upkeep, each with a secret of its own. Nobody connects as a superuser.
 */
export class Postgres extends Construct implements PostgresEndpoint, Client {
  readonly workload: Workload;
  private readonly passwords: ReadonlyMap<ClientRole, RotatedSecret>;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingPostgresProps): PostgresEndpoint {
    return new ExistingPostgres(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { major = 17, keptMajor, storageGiB: sizeGiB } = props;
    const revisions = props.passwordRevisions;
    this.passwords = new Map(clientRoles.map((role) => [role, passwordOf(this, id, role, revisions?.[role] ?? 1)]));
    const monitor = new Secret(this, 'monitor-secret', {
      component: `${id}-monitor`,
      keys: passwordKeys(monitorRole),
      revision: revisions?.monitor,
    });
    const text = (...path: string[]) => ({ content: readFileSync(join(...path), 'utf8') });
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'database',
      image: props.image,
      command: ['sh', `${filesDirectory}/start.sh`],
      user: { uid: 999, gid: 999 },
      ports: { postgres: 5432 },
      // Below the mount, whose own directory may hold a lost+found.
      environment: {
        PGDATA: `${volumes[major].path}/pgdata`,
        ...(keptMajor && { DATABASE_COMES_FROM: `${keptMajor}` }),
      },
      files: {
        'start.sh': text(__dirname, 'start.sh'),
        'keep-passwords.sh': text(__dirname, 'keep-passwords.sh'),
        'postgresql.conf': { content: renderPostgresConfig(props.settings ?? manualSettings, props.storageGiB) },
        'pg_hba.conf': { content: renderHostBasedAuthentication(database) },
        'roles.sql': text(sqlFolder, 'roles.sql'),
        'rights.sql': text(sqlFolder, 'rights.sql'),
        'monitor.sql': monitorSql(props.settings?.statementStatistics ?? false),
        'backup.sql': text(__dirname, 'backup.sql'),
        'logins.sql': text(__dirname, 'logins.sql'),
        'passwords/monitor.sql': monitor.file('password.sql', 'reread'),
        ...Object.fromEntries(
          [...this.passwords].flatMap(([role, { turns }]) =>
            [...turns].map(([turn, secret]) => [
              `passwords/${role}-${turn}.sql`,
              secret.file('password.sql', 'reread'),
            ]),
          ),
        ),
      },
      scratchMiB: { '/tmp': 64, '/var/run/postgresql': 16, '/dev/shm': 128 },
      volumes: [{ ...volumes[major], sizeGiB }],
      keptVolumes: keptMajor && [{ ...volumes[keptMajor], sizeGiB, version: `${keptMajor}` }],
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      // A fast shutdown writes a checkpoint first.
      terminationGracePeriodSeconds: 120,
      probes: {
        startup: { check: accepts('127.0.0.1'), periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
        readiness: { check: accepts('127.0.0.1'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        liveness: { check: accepts('/var/run/postgresql'), periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 },
      },
    });
    Environment.of(this).observations.record({
      component: id,
      alerts: postgresAlerts(props.storageGiB),
      watchedVolumes: this.workload.volumes.map(this.workload.volumeName),
      dashboards: [postgresDashboard(Environment.of(this).config.name)],
      exporters: [
        (watcher) =>
          new PostgresExporter(watcher, `${id}-exporter`, {
            server: this.workload,
            database,
            password: monitor.file('password'),
          }),
      ],
    });
  }

  allow(role: ClientRole, ...clients: Client[]): void {
    for (const client of clients) {
      Environment.of(this).connections.allow(client.workload, this.workload, 'postgres', {
        ...accessAs(role, this.access),
        preparations: accessAs('owner', this.access),
      });
    }
  }

  private get access(): DatabaseAccess {
    const { name } = this.workload;
    return {
      host: name,
      port: this.workload.port('postgres'),
      database,
      logins: new Map(
        [...this.passwords].map(([role, { current, currentTurn }]) => [
          role,
          { name: loginName(role, currentTurn), password: current.file('password') },
        ]),
      ),
    };
  }
}

/** The superuser makes the view of statements, where those of all databases are seen. */
function monitorSql(hasStatements: boolean): { readonly content: string } {
  const monitor = readFileSync(join(__dirname, 'monitor.sql'), 'utf8');
  return { content: hasStatements ? `${monitor}CREATE EXTENSION IF NOT EXISTS pg_stat_statements;\n\n` : monitor };
}

/** The passwords of a role's two logins. */
const passwordOf = (scope: Construct, component: string, role: ClientRole, revision: number) =>
  new RotatedSecret(scope, `${role}-secret`, {
    component: `${component}-${role}`,
    revision,
    keys: (turn) => passwordKeys(loginName(role, turn)),
  });

/** A password as clients read it, and as the statement that the server sets it with. */
const passwordKeys = (login: string) => ({
  password: '{password}',
  'password.sql': `ALTER ROLE ${login} PASSWORD '{password}';\n\n`,
});

/** Asks as one that may come; the server logs who may not. */
const accepts = (host: string) => ({
  command: ['pg_isready', '-q', '-h', host, '-U', roleName('read'), '-d', database],
});
