import { Construct } from 'constructs';
import { certificateFiles } from '../workload/certificates';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { outsidePeer, type Peer } from '../workload/peer';
import { given, Secret } from '../workload/secret';
import { type ClientRole, type DatabaseRole, databaseRoles, roleName } from './postgres-config';
import { accessAs, type DatabaseAccess, type PostgresEndpoint } from './postgres-endpoint';

export interface ExistingPostgresProps {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** As libpq means it. @default 'verify-full' */
  readonly sslMode?: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** The certificates of the CAs that sign the server's, in PEM. @default - the CAs that Node.js trusts */
  readonly ca?: string;
  /** Whether host and port are those of a pooler in transaction mode (PgBouncer). @default false */
  readonly pooled?: boolean;
  /** Where the password of each role is. @default - given by people, in a secret of its own */
  readonly passwords?: Readonly<Record<DatabaseRole, SecretFile>>;
  /** Of each given password: raise it, and give the password, to have it written again. @default 1 */
  readonly passwordRevisions?: Readonly<Record<DatabaseRole, number>>;
}

/** A PostgreSQL that somebody else runs, with the roles of app/database in it: an address, its passwords and its CA. */
export class ExistingPostgres extends Construct implements PostgresEndpoint {
  private readonly peer: Peer;
  private readonly access: DatabaseAccess;

  constructor(scope: Construct, id: string, props: ExistingPostgresProps) {
    super(scope, id);
    const { host, port, database, sslMode = 'verify-full', ca, pooled = false } = props;
    const certificates = certificateFiles('DATABASE_CA_FILE', 'database-ca.pem', ca);
    this.peer = outsidePeer(`postgresql://${host}:${port}`);
    this.access = {
      host,
      port,
      database,
      parameters: `?sslmode=${sslMode}`,
      logins: new Map(
        databaseRoles.map((role) => [
          role,
          { name: roleName(role), password: props.passwords?.[role] ?? this.givenPassword(role, props) },
        ]),
      ),
      environment: { ...certificates.environment, ...(pooled && { DATABASE_POOLED: 'true' }) },
      files: certificates.files,
    };
  }

  allow(role: ClientRole, ...clients: Client[]): void {
    for (const client of clients) {
      Environment.of(this).connections.allow(client.workload, this.peer, 'postgres', {
        ...accessAs(role, this.access),
        preparations: accessAs('owner', this.access),
      });
    }
  }

  private givenPassword(role: DatabaseRole, { passwordRevisions }: ExistingPostgresProps): SecretFile {
    const secret = new Secret(this, `${role}-secret`, {
      component: `${this.node.id}-${role}`,
      // Another secret than that of a server of ours, whose password would stay in it.
      suffix: 'password',
      keys: { password: given },
      revision: passwordRevisions?.[role],
    });
    return secret.file('password');
  }
}
