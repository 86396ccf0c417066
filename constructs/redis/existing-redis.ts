import { Construct } from 'constructs';
import { certificateFiles } from '../workload/certificates';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { outsidePeer, type Peer } from '../workload/peer';
import { given, Secret } from '../workload/secret';
import type { RedisUser } from './redis-config';
import { accessBy, ofUser, type RedisEndpoint, type RedisServer, variables } from './redis-endpoint';

export interface ExistingRedisProps {
  readonly host: string;
  readonly port: number;
  /** Whether it is reached by TLS, its certificate and name checked. @default true */
  readonly tls?: boolean;
  /** The certificates of the CAs that sign the server's, in PEM. @default - the CAs that Node.js trusts */
  readonly ca?: string;
  /** The name of each user on the server. */
  readonly users: Readonly<Partial<Record<RedisUser, string>>>;
  /** Where the password of each user is. @default - given by people, in a secret of its own */
  readonly passwords?: Readonly<Partial<Record<RedisUser, SecretFile>>>;
  /** Of each given password: raise it, and give the password, to have it written again. @default 1 */
  readonly passwordRevisions?: Readonly<Partial<Record<RedisUser, number>>>;
}

/** A user on the server. */
interface Account {
  readonly name: string;
  readonly password: SecretFile;
}

/** A Redis that somebody else runs, with users that may do what those of app/redis may: an address, passwords and its CA. */
export class ExistingRedis extends Construct implements RedisEndpoint {
  private readonly peer: Peer;
  private readonly accounts: ReadonlyMap<RedisUser, Account>;

  constructor(
    scope: Construct,
    id: string,
    private readonly server: RedisServer,
    private readonly props: ExistingRedisProps,
  ) {
    super(scope, id);
    this.peer = outsidePeer(`${this.scheme}://${props.host}:${props.port}`);
    this.accounts = new Map(
      (Object.entries(props.users) as Array<[RedisUser, string]>).map(([user, name]) => [
        user,
        { name, password: props.passwords?.[user] ?? this.givenPassword(user) },
      ]),
    );
  }

  allow(user: RedisUser, ...clients: Client[]): void {
    const { host, port, ca } = this.props;
    const { name, password } = ofUser(this.accounts, user);
    const access = accessBy(this.server, `${this.scheme}://${name}@${host}:${port}/0`, password);
    const certificates = certificateFiles(`${variables[this.server]}_CA_FILE`, `${this.server}-ca.pem`, ca);
    for (const client of clients) {
      Environment.of(this).connections.allow(client.workload, this.peer, 'redis', {
        environment: { ...access.environment, ...certificates.environment },
        files: { ...access.files, ...certificates.files },
      });
    }
  }

  private get scheme(): string {
    return this.props.tls === false ? 'redis' : 'rediss';
  }

  private givenPassword(user: RedisUser): SecretFile {
    const secret = new Secret(this, `${user}-secret`, {
      component: `${this.node.id}-${user}`,
      // Another secret than that of a server of ours, whose password would stay in it.
      suffix: 'password',
      keys: { password: given },
      revision: this.props.passwordRevisions?.[user],
    });
    return secret.file('password');
  }
}
