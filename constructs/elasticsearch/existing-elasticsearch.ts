import { Construct } from 'constructs';
import { type CertificateFile, certificateFile } from '../workload/certificates';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { outsidePeer, type Peer } from '../workload/peer';
import { given, Secret } from '../workload/secret';
import { elasticsearchAlerts } from './alerts';
import { logsDashboard } from './dashboard';
import {
  type ElasticsearchEndpoint,
  type ElasticsearchServer,
  passwordFile,
  type SetUpUser,
} from './elasticsearch-endpoint';
import { ElasticsearchExporter } from './elasticsearch-exporter';
import type { ElasticsearchUser } from './elasticsearch-users';

export interface ExistingElasticsearchProps {
  /** https, host and port. */
  readonly url: string;
  /** The certificates of the CAs that sign the server's, in PEM. @default - the CAs that the client's image trusts */
  readonly ca?: string;
  /** The name of each user on the server; the password of each that is used is given by people, in a secret of its own. */
  readonly users: Readonly<Record<ExistingUser, string>>;
  /** Of each given password: raise it, and give the password, to have it written again. @default 1 */
  readonly passwordRevisions?: Readonly<Partial<Record<ExistingUser, number>>>;
}

/** Who comes to a server of somebody else; whoever reads its logs is known there, and whoever runs it copies them. */
export type ExistingUser = Exclude<ElasticsearchUser, 'reader' | 'snapshots'> | 'setUp';

/** Part of the names of the user's secret and variable. */
const label: Readonly<Record<ExistingUser, string>> = {
  setUp: 'set-up',
  writer: 'writer',
  exporter: 'exporter',
  observer: 'observer',
  importer: 'importer',
  kibana: 'kibana',
};

/** An Elasticsearch that somebody else runs, with the roles of docs/logging.md in it: an address, passwords and a CA. */
export class ExistingElasticsearch extends Construct implements ElasticsearchEndpoint {
  readonly server: ElasticsearchServer;
  readonly setUp: SetUpUser;
  private readonly peer: Peer;
  private readonly certificates: CertificateFile;
  private readonly passwords = new Map<ExistingUser, SecretFile>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExistingElasticsearchProps,
  ) {
    super(scope, id);
    const { url, users } = props;
    this.peer = { ...outsidePeer(url), component: id };
    this.certificates = certificateFile('elasticsearch-ca.pem', props.ca);
    this.server = { url, caFile: this.certificates.path };
    this.setUp = { name: users.setUp, makesUsers: false };
    Environment.of(this).observations.record({
      component: id,
      alerts: elasticsearchAlerts,
      dashboards: [logsDashboard(Environment.of(this).config.name)],
      exporters: [
        (watcher) =>
          new ElasticsearchExporter(watcher, `${id}-exporter`, {
            server: this.peer,
            url,
            user: users.exporter,
            password: this.passwordOf('exporter'),
            certificates: this.certificates,
          }),
      ],
    });
  }

  userName(user: ElasticsearchUser): string {
    return this.props.users[known(user)];
  }

  allow(user: ElasticsearchUser, client: Client): void {
    this.letIn(known(user), client);
  }

  passwordOf(user: ElasticsearchUser): SecretFile {
    return this.secretOf(known(user));
  }

  allowSetUp(client: Client): void {
    this.letIn('setUp', client);
  }

  letObserve({ workload }: Client): void {
    Environment.of(this).connections.watch(workload, this.peer, 'http');
    workload.receive({ files: this.filesOf('observer') });
  }

  private letIn(user: ExistingUser, client: Client): void {
    Environment.of(this).connections.allow(client.workload, this.peer, 'http', { files: this.filesOf(user) });
  }

  private filesOf(user: ExistingUser) {
    return { [passwordFile]: this.secretOf(user), ...this.certificates.files };
  }

  /** Of those that are used: nobody is asked for another one. */
  private secretOf(user: ExistingUser): SecretFile {
    const present = this.passwords.get(user);
    if (present) return present;
    const secret = new Secret(this, `${user}-secret`, {
      component: `${this.node.id}-${label[user]}`,
      // Another secret than that of a server of ours, whose password would stay in it.
      suffix: 'password',
      keys: { password: given },
      revision: this.props.passwordRevisions?.[user],
    });
    this.passwords.set(user, secret.file('password'));
    return secret.file('password');
  }
}

function known(user: ElasticsearchUser): ExistingUser {
  if (user === 'reader' || user === 'snapshots')
    throw new Error(
      `Elasticsearch has no user "${user}" here, allowed: setUp, writer, exporter, observer, importer, kibana`,
    );
  return user;
}
