import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import type { ContainerImage } from '../workload/image';
import { Secret } from '../workload/secret';
import { filesDirectory, type Probe, Workload } from '../workload/workload';
import { elasticsearchAlerts } from './alerts';
import { logsDashboard } from './dashboard';
import { renderElasticsearchConfig } from './elasticsearch-config';
import {
  type ElasticsearchEndpoint,
  type ElasticsearchServer,
  passwordFile,
  type SetUpUser,
} from './elasticsearch-endpoint';
import { ElasticsearchExporter } from './elasticsearch-exporter';
import { type ElasticsearchUser, elasticsearchUsers, userName } from './elasticsearch-users';
import { ExistingElasticsearch, type ExistingElasticsearchProps } from './existing-elasticsearch';
import { jvmHeapOptions } from './heap';
import { snapshotRepository, snapshotVolume } from './snapshot-repository';

export interface ElasticsearchProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
  /** Of the volume of snapshots. */
  readonly snapshotsGiB: number;
}

const configDirectory = '/usr/share/elasticsearch/config-used';

/** Where logs are kept and searched: one node, which asks everybody for a password, with a volume for them and one for their copies. */
export class Elasticsearch extends Construct implements ElasticsearchEndpoint, Client {
  readonly workload: Workload;
  readonly setUp: SetUpUser = { name: 'elastic', makesUsers: true };
  readonly snapshots = snapshotRepository;
  private readonly superuser: Secret;
  private readonly secrets: ReadonlyMap<ElasticsearchUser, Secret>;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingElasticsearchProps): ElasticsearchEndpoint {
    return new ExistingElasticsearch(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: ElasticsearchProps) {
    super(scope, id);
    this.superuser = new Secret(this, 'superuser-secret', {
      component: `${id}-superuser`,
      keys: { password: '{password}' },
    });
    this.secrets = new Map(
      elasticsearchUsers.map((user) => [
        user,
        new Secret(this, `${user}-secret`, { component: `${id}-${user}`, keys: { password: '{password}' } }),
      ]),
    );
    const data = { path: '/usr/share/elasticsearch/data', sizeGiB: props.storageGiB };
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'log-store',
      image: props.image,
      command: ['sh', `${filesDirectory}/start.sh`],
      user: { uid: 1000, gid: 1000 },
      ports: { http: 9200 },
      environment: { ES_PATH_CONF: configDirectory, ES_JAVA_OPTS: jvmHeapOptions(props.memoryMiB) },
      files: {
        'start.sh': { content: readFileSync(join(__dirname, 'start.sh'), 'utf8') },
        'elasticsearch.yml': { content: renderElasticsearchConfig() },
        'superuser-password': this.superuser.file('password'),
      },
      scratchMiB: { '/tmp': 128, '/usr/share/elasticsearch/logs': 128, [configDirectory]: 16 },
      volumes: [data, { name: 'snapshots', path: snapshotVolume, sizeGiB: props.snapshotsGiB }],
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      terminationGracePeriodSeconds: 120,
      probes: {
        startup: asks(answers, { periodSeconds: 5, failureThreshold: 60 }),
        readiness: asks(answers, { periodSeconds: 10, failureThreshold: 3 }),
        liveness: asks(answers, { periodSeconds: 30, failureThreshold: 6 }),
      },
    });
    Environment.of(this).observations.record({
      component: id,
      alerts: elasticsearchAlerts,
      // The server tells of the volume of its data alone.
      watchedVolumes: [this.workload.volumeName(data)],
      dashboards: [logsDashboard(Environment.of(this).config.name)],
      exporters: [
        (watcher) =>
          new ElasticsearchExporter(watcher, `${id}-exporter`, {
            server: this.workload,
            url: this.server.url,
            user: userName('exporter'),
            password: this.passwordOf('exporter'),
          }),
      ],
    });
  }

  allow(user: ElasticsearchUser, client: Client): void {
    this.letIn(client, { [passwordFile]: this.passwordOf(user) });
  }

  /** Lets the task in that makes the users and all that they need. It is the superuser, and nobody else is. */
  allowSetUp(client: Client): void {
    const passwords = elasticsearchUsers.map((user) => [`${user}-password`, this.passwordOf(user)]);
    this.letIn(client, { [passwordFile]: this.superuser.file('password'), ...Object.fromEntries(passwords) });
  }

  letObserve({ workload }: Client): void {
    Environment.of(this).connections.watch(workload, this.workload, 'http');
    workload.receive({ files: { [passwordFile]: this.passwordOf('observer') } });
  }

  get server(): ElasticsearchServer {
    return { url: `http://${this.workload.name}:${this.workload.port('http')}` };
  }

  userName(user: ElasticsearchUser): string {
    return userName(user);
  }

  passwordOf(user: ElasticsearchUser): SecretFile {
    return (this.secrets.get(user) as Secret).file('password');
  }

  private letIn(client: Client, files: Parameters<Client['workload']['receive']>[0]['files']): void {
    Environment.of(this).connections.allow(client.workload, this.workload, 'http', { files });
  }
}

/** Any answer will do, and without a password there is one: 401. A node that has no master gives none to probes either way. */
const answers = ['sh', '-c', 'curl -s -o /dev/null --max-time 4 http://127.0.0.1:9200/'];

const asks = (command: readonly string[], times: Pick<Probe, 'periodSeconds' | 'failureThreshold'>): Probe => ({
  check: { command },
  timeoutSeconds: 5,
  ...times,
});
