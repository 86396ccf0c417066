import { Construct } from 'constructs';
import type { AlertmanagerEndpoint } from '../alertmanager/alertmanager-endpoint';
import { pagesUrl, type WebInterface } from '../gateway/web-interface';
import { certificateFile } from '../workload/certificates';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { instancesOf } from '../workload/instances';
import { goMemory } from '../workload/memory';
import type { Certificates, Guard } from '../workload/observations';
import { pageProbe } from '../workload/page-probe';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';
import { prometheusAlerts, targetAlerts } from './alerts';
import { monitoringDashboard } from './dashboard';
import { ExistingPrometheus, type ExistingPrometheusProps } from './existing-prometheus';
import { ExistingService, type ExistingServiceProps } from './existing-service';
import { type Job, type RemoteWriteQueue, renderPrometheusConfig, renderRules, rulesFile } from './prometheus-config';
import type { Watcher } from './watcher';

export interface PrometheusProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
  /** What is older is deleted, and what does not fit into the storage even before. */
  readonly retentionDays: number;
  /** URL below which the repository's files can be read. */
  readonly repository: string;
  /** What is told of alerts. */
  readonly alertmanager: AlertmanagerEndpoint;
  /** A store that is sent all samples as well. @default - none */
  readonly remoteWrite?: Omit<ExistingServiceProps, 'urls'> & {
    readonly url: string;
    readonly queue: RemoteWriteQueue;
  };
  /** Where people reach the gateway, if they reach Prometheus through it. @default - they reach its port alone */
  readonly origin?: string;
}

const port = 9090;
const http = { name: 'http', number: port };
/** All it has is below it: pages, what it is asked, its own metrics. */
const path = '/prometheus/';
const dataDirectory = '/prometheus';
/** In a folder of their own: a change of them is read without a restart. */
const configFolder = 'prometheus';

/** Share of the storage that blocks may fill; the log of the last hours and what a compaction writes come on top. */
const blockShare = 0.75;

/** A quarter of the memory for samples of queries, 16 bytes each: one more is refused, instead of the process killed. */
const samplesPerMiB = (1024 * 1024) / 4 / 16;

/** Gathers what all components of the environment have recorded to be seen, and knows none of them. */
export class Prometheus extends Construct implements Client, Watcher {
  readonly workload: Workload;
  private readonly store: ExistingService | undefined;

  /** One of the cluster that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingPrometheusProps): Watcher {
    return new ExistingPrometheus(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id);
    const { cpuMillicores, memoryMiB, storageGiB } = props;
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'monitoring',
      image: props.image,
      command: [
        '/bin/prometheus',
        `--config.file=${filesDirectory}/${configFolder}/prometheus.yml`,
        // Reloads by itself; the address that would make it reload would make it stop as well.
        '--config.auto-reload',
        // Below the mount, whose own directory may hold a lost+found.
        `--storage.tsdb.path=${dataDirectory}/data`,
        `--storage.tsdb.retention.time=${props.retentionDays}d`,
        `--storage.tsdb.retention.size=${Math.floor(storageGiB * 1024 * blockShare)}MB`,
        `--web.external-url=${pagesUrl({ path, port, origin: props.origin })}`,
        `--query.max-samples=${memoryMiB * samplesPerMiB}`,
      ],
      user: { uid: 65_534, gid: 65_534 },
      ports: { http: port },
      environment: goMemory(memoryMiB),
      files: {
        [`${configFolder}/prometheus.yml`]: { content: () => this.config(props), onChange: 'reread' },
        [`${configFolder}/${rulesFile}`]: { content: () => this.rules(props.repository), onChange: 'reread' },
      },
      volumes: [{ path: dataDirectory, sizeGiB: storageGiB }],
      cpuMillicores,
      memoryMiB,
      terminationGracePeriodSeconds: 120,
      clusterAccess: {
        scope: 'environment',
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
        reason: 'each pod is a target of its own, and the addresses of pods are nowhere else',
      },
      probes: {
        // A log of some hours is read first.
        startup: pageProbe(http, `${path}-/ready`, { periodSeconds: 2, failureThreshold: 300 }),
        readiness: pageProbe(http, `${path}-/ready`, { periodSeconds: 10, failureThreshold: 3 }),
        liveness: pageProbe(http, `${path}-/healthy`, { periodSeconds: 15, failureThreshold: 6 }),
      },
    });
    const { observations, config } = Environment.of(this);
    observations.record({
      component: id,
      scrapes: [{ peer: this.workload, port: 'http', path: `${path}metrics`, intervalSeconds: 15 }],
      alerts: [...targetAlerts, ...prometheusAlerts],
      dashboards: [monitoringDashboard(config.name)],
    });
    const { remoteWrite, alertmanager } = props;
    this.store = remoteWrite && new ExistingService(this, 'remote-write', { ...remoteWrite, urls: [remoteWrite.url] });
    this.store?.allow(this);
    alertmanager.allow(this);
  }

  get webInterface(): WebInterface {
    return { path, peer: this.workload, port: 'http', login: 'of the gateway' };
  }

  /** Lets clients ask. */
  allow(...clients: Client[]): void {
    for (const client of clients) Environment.of(this).connections.allow(client.workload, this.workload, 'http');
  }

  /** Lets it reach all that is to be scraped, recorded so far: what records afterwards is not. */
  watch(): void {
    const { connections, observations } = Environment.of(this);
    for (const { peer, port, guard } of observations.all.flatMap(({ scrapes = [] }) => scrapes)) {
      if (peer !== this.workload) connections.watch(this.workload, peer, port);
      if (guard) this.pass(guard, peer, port);
    }
  }

  private pass({ access, certificates }: Guard, peer: Peer, port: string): void {
    this.workload.letAskCluster(access);
    const { files } = caOf(peer, certificates);
    Environment.of(this).connections.allow(this.workload, peer, port, { files });
  }

  private config({ alertmanager, remoteWrite }: PrometheusProps): string {
    const { name, tier } = Environment.of(this).config;
    return renderPrometheusConfig({
      labels: { environment: name, tier },
      jobs: this.jobs,
      alertmanagers: alertmanager.receivers,
      remoteWrite: remoteWrite && this.store && { ...remoteWrite, httpClient: this.store.httpClient },
    });
  }

  private get jobs(): Job[] {
    const environment = Environment.of(this);
    return environment.observations.all.flatMap(({ component, scrapes = [] }) =>
      scrapes.map(({ peer, job = component, guard, ...scrape }) => ({
        ...scrape,
        name: job,
        component,
        tls: guard && { signedBy: guard.certificates.signedBy, caFile: caOf(peer, guard.certificates).path },
        instances: instancesOf(environment, peer, scrape.port),
      })),
    );
  }

  private rules(repository: string): string {
    const watched = Environment.of(this).observations.all.filter(({ recordings, alerts }) => recordings ?? alerts);
    return renderRules(watched, repository);
  }
}

const caOf = ({ name }: Peer, certificates: Certificates) =>
  certificateFile(`${name}-ca.pem`, certificates.signedBy === 'others' ? certificates.ca : undefined);
