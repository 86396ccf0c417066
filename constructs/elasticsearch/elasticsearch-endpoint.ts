import type { Client } from '../workload/connections';
import type { SecretFile } from '../workload/files';
import type { ElasticsearchUser } from './elasticsearch-users';
import type { SnapshotRepository } from './snapshot-repository';

/** Where a client's password is, whoever it is. */
export const passwordFile = 'elasticsearch-password';

/** Where logs are kept: an Elasticsearch of ours, or one that somebody else runs. */
export interface ElasticsearchEndpoint {
  readonly server: ElasticsearchServer;
  /** Who makes templates and retention before the first log arrives. */
  readonly setUp: SetUpUser;
  /** Where copies of the logs are kept. @default - whoever runs the server makes them */
  readonly snapshots?: SnapshotRepository;
  /** Name of a user in the server. */
  userName(user: ElasticsearchUser): string;
  /** A user's password, for who comes by way of another program. */
  passwordOf(user: ElasticsearchUser): SecretFile;
  /** Lets a client in as one of the users, whose password it finds in `passwordFile`. */
  allow(user: ElasticsearchUser, client: Client): void;
  /** Lets in who observes how the lines come through, and waits for no server: as `observer`, as `allow` does. */
  letObserve(client: Client): void;
  /** Lets the task in that makes what has to be there. */
  allowSetUp(client: Client): void;
}

/** What all clients of a server have to know. */
export interface ElasticsearchServer {
  readonly url: string;
  /** Path of the certificates of CAs that a client finds there. @default - those that its image trusts */
  readonly caFile?: string;
}

export interface SetUpUser {
  readonly name: string;
  /** Whether it makes roles and users too; where it does not, whoever runs the server has made them. */
  readonly makesUsers: boolean;
}
