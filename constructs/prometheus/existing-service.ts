import { Construct } from 'constructs';
import { certificateFile } from '../workload/certificates';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import { type Files, filesDirectory } from '../workload/files';
import { outsidePeer } from '../workload/peer';
import { given, Secret } from '../workload/secret';

export interface ExistingServiceProps {
  readonly urls: readonly string[];
  /** The certificates of the CAs that sign the service's, in PEM. @default - the CAs that the client's image trusts */
  readonly ca?: string;
  /** As whom one comes; the password or token is given by people, in a secret of its own. @default - as nobody */
  readonly login?: Login;
}

/** @param revision raise it, and give the text, to have it written again */
export type Login =
  | { readonly by: 'password'; readonly user: string; readonly revision?: number }
  | { readonly by: 'token'; readonly revision?: number };

/** How Prometheus gets into a service: a part of its configuration. Texts that nobody may see are in files. */
export interface HttpClient {
  readonly basic_auth?: { readonly username: string; readonly password_file: string };
  readonly authorization?: { readonly type: 'Bearer'; readonly credentials_file: string };
  /** Whether it goes by a proxy where the environment of the process says so. */
  readonly proxy_from_environment?: true;
  readonly tls_config?: { readonly ca_file: string };
}

/** A service over HTTP that somebody else runs and that Prometheus sends to: addresses, a login and a CA. */
export class ExistingService extends Construct {
  readonly httpClient: HttpClient;
  private readonly files: Files;

  constructor(
    scope: Construct,
    id: string,
    protected readonly props: ExistingServiceProps,
  ) {
    super(scope, id);
    const { ca, login } = props;
    const certificates = certificateFile(`${this.node.id}-ca.pem`, ca);
    this.httpClient = {
      ...(Environment.of(this).config.proxy && { proxy_from_environment: true }),
      ...(login && loginOf(login, `${filesDirectory}/${this.secretFile(login)}`)),
      ...(certificates.path !== undefined && { tls_config: { ca_file: certificates.path } }),
    };
    this.files = {
      ...(login && { [this.secretFile(login)]: this.given(login) }),
      ...certificates.files,
    };
  }

  /** Lets clients leave for its ports, with what they need to get in. */
  allow(...clients: Client[]): void {
    const { connections } = Environment.of(this);
    for (const client of clients) {
      for (const url of this.props.urls)
        connections.allow(client.workload, outsidePeer(url), 'url', { files: this.files });
    }
  }

  private secretFile = ({ by }: Login): string => `${this.node.id}-${by}`;

  private given(login: Login) {
    const secret = new Secret(this, 'secret', {
      component: this.node.id,
      suffix: login.by,
      keys: { [login.by]: given },
      revision: login.revision,
    });
    return secret.file(login.by);
  }
}

const loginOf = (login: Login, path: string): HttpClient =>
  login.by === 'password'
    ? { basic_auth: { username: login.user, password_file: path } }
    : { authorization: { type: 'Bearer', credentials_file: path } };
