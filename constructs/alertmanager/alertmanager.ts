import { Construct } from 'constructs';
import { pagesUrl, type WebInterface } from '../gateway/web-interface';
import type { ExistingServiceProps } from '../prometheus/existing-service';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { goMemory } from '../workload/memory';
import type { Alert } from '../workload/observations';
import { pageProbe } from '../workload/page-probe';
import { given, Secret } from '../workload/secret';
import { type FileSource, filesDirectory, Workload } from '../workload/workload';
import { type Email, renderAlertmanagerConfig, type WebhookFormat } from './alertmanager-config';
import type { AlertmanagerEndpoint, AlertReceiver } from './alertmanager-endpoint';
import { alertmanagerAlerts } from './alerts';
import { ExistingAlertmanager } from './existing-alertmanager';

export interface AlertmanagerProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly notifications: {
    readonly email?: Email;
    readonly slack?: { readonly channel: string };
    /** @param origin where the URL of the secret is, without its path */
    readonly webhook?: { readonly origin: string; readonly format: WebhookFormat };
    readonly heartbeat?: { readonly origin: string };
  };
  /** Where people reach the gateway, if they reach Alertmanager through it. @default - they reach its port alone */
  readonly origin?: string;
}

const port = 9093;
const http = { name: 'http', number: port };
/** All it has is below it: pages, what it is asked and told, its own metrics. */
const path = '/alertmanager/';
const dataDirectory = '/alertmanager';

const secretPaths = {
  smtpPassword: `${filesDirectory}/smtp-password`,
  slackUrl: `${filesDirectory}/slack-url`,
  webhookUrl: `${filesDirectory}/webhook-url`,
  heartbeatUrl: `${filesDirectory}/heartbeat-url`,
};

/** Sends alerts to people: grouped, the worst of a fault only, and what can wait in working hours. */
export class Alertmanager extends Construct implements AlertmanagerEndpoint, Client {
  readonly workload: Workload;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingServiceProps): AlertmanagerEndpoint {
    return new ExistingAlertmanager(scope, id, props);
  }

  constructor(scope: Construct, id: string, props: AlertmanagerProps) {
    super(scope, id);
    const { notifications, memoryMiB } = props;
    const { email, slack, webhook, heartbeat } = notifications;
    const secrets = [
      ...(email ? ['smtp-password'] : []),
      ...(slack ? ['slack-url'] : []),
      ...(webhook ? ['webhook-url'] : []),
      ...(heartbeat ? ['heartbeat-url'] : []),
    ];
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'alerting',
      image: props.image,
      command: [
        '/bin/alertmanager',
        `--config.file=${filesDirectory}/alertmanager.yml`,
        `--storage.path=${dataDirectory}/data`,
        `--web.external-url=${pagesUrl({ path, port, origin: props.origin })}`,
        // One is alone: it has nobody to gossip with.
        '--cluster.listen-address=',
      ],
      user: { uid: 65_534, gid: 65_534 },
      ports: { http: port },
      environment: goMemory(memoryMiB),
      files: {
        'alertmanager.yml': {
          content: () =>
            renderAlertmanagerConfig(
              notifications,
              secretPaths,
              this.alerts,
              Environment.of(this).config.proxy !== undefined,
            ),
        },
        ...Object.fromEntries(secrets.map((key) => [key, this.given(key)])),
      },
      volumes: [{ path: dataDirectory, sizeGiB: 1 }],
      cpuMillicores: props.cpuMillicores,
      memoryMiB,
      probes: {
        startup: pageProbe(http, `${path}-/ready`, { periodSeconds: 2, failureThreshold: 60 }),
        readiness: pageProbe(http, `${path}-/ready`, { periodSeconds: 10, failureThreshold: 3 }),
        liveness: pageProbe(http, `${path}-/healthy`, { periodSeconds: 15, failureThreshold: 6 }),
      },
    });
    const { connections, observations } = Environment.of(this);
    const outside = [
      email && `smtp://${email.smarthost}`,
      slack && 'https://hooks.slack.com',
      webhook?.origin,
      heartbeat?.origin,
    ];
    for (const url of outside) if (url) connections.reach(this.workload, url);
    observations.record({
      component: id,
      scrapes: [{ peer: this.workload, port: 'http', path: `${path}metrics`, intervalSeconds: 15 }],
      alerts: alertmanagerAlerts,
    });
  }

  get webInterface(): WebInterface {
    return { path, peer: this.workload, port: 'http', login: 'of the gateway' };
  }

  get receivers(): AlertReceiver[] {
    return [{ address: `${this.workload.name}:${port}`, path }];
  }

  /** Lets clients send alerts and ask for them. */
  allow(...clients: Client[]): void {
    for (const client of clients) Environment.of(this).connections.allow(client.workload, this.workload, 'http');
  }

  /** All that may arrive. */
  private get alerts(): Alert[] {
    return Environment.of(this).observations.all.flatMap(({ alerts = [] }) => alerts);
  }

  /** A text that people have: it is written as it is given, without a line's end. */
  private given(key: string): FileSource {
    return new Secret(this, `secret-${key}`, {
      component: this.node.id,
      suffix: key,
      keys: { [key]: given },
    }).file(key);
  }
}
