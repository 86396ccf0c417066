import { Construct } from 'constructs';
import type { Routes } from '../gateway/route';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import type { Dashboard } from '../workload/observations';
import { hostFrom, type Peer } from '../workload/peer';
import { Secret } from '../workload/secret';
import { type FileSource, filesDirectory, type Probe, Workload } from '../workload/workload';
import { overviewDashboard } from './overview';
import { metricsSource } from './panels';

export interface GrafanaProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** What its panels ask. It has to let Grafana in: `prometheus.allow(grafana)`. */
  readonly prometheus: { readonly peer: Peer; readonly port: string };
  /** Name under which people reach the gateway. */
  readonly host: string;
}

const port = 3000;
/** Where it is behind the gateway, and below its own port too. */
const path = '/grafana/';
const provisioning = `${filesDirectory}/provisioning`;

/**
 * Dashboards of all that its environment's components recorded (manual: Grafana仪表板), so it is made after them. What it
 * shows is in files and what it writes is lost with it: nothing made by hand can be missed.
 */
export class Grafana extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const { observations, config } = Environment.of(this);
    const admin = new Secret(this, 'admin', { component: id, keys: { 'admin-password': '{password}' } });
    observations.record({ component: id, dashboards: [overviewDashboard(config.name)] });
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'dashboards',
      image: props.image,
      // The image's own group is root's; any other user may read what is in it.
      user: { uid: 472, gid: 472 },
      scale: { replicas: 1 },
      update: 'recreate',
      ports: { http: port },
      environment: settings(props.host),
      files: {
        'admin-password': admin.file('admin-password'),
        'provisioning/datasources/prometheus.yaml': { content: () => this.dataSources(props.prometheus) },
        'provisioning/dashboards/files.yaml': { content: dashboardProvider },
        ...filesOf(observations.all.flatMap(({ dashboards = [] }) => dashboards)),
      },
      scratchMiB: { '/var/lib/grafana': 128, '/tmp': 64 },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      probes: {
        startup: asks('/api/health', { periodSeconds: 3, failureThreshold: 40 }),
        readiness: asks('/api/health', { periodSeconds: 10, failureThreshold: 3 }),
        liveness: asks('/healthz', { periodSeconds: 15, failureThreshold: 4 }),
      },
    });
  }

  /** What of it the gateway passes on; who may see it is asked by its own login. */
  get routes(): Routes {
    return { [path]: { peer: this.workload, port: 'http', answers: 'end' } };
  }

  /** Lets clients send requests. */
  allow(...clients: Client[]): void {
    for (const client of clients) Environment.of(this).connections.allow(client.workload, this.workload, 'http');
  }

  private dataSources({ peer, port }: GrafanaProps['prometheus']): string {
    const mayReach = Environment.of(this).connections.outOf(this.workload);
    if (!mayReach.some((edge) => edge.to === peer && edge.port === port)) {
      throw new Error(
        `grafana: its panels ask port "${port}" of "${peer.component}", which does not let it in: ${peer.component}.allow(grafana)`,
      );
    }
    return provisioningFile({
      apiVersion: 1,
      datasources: [
        {
          ...metricsSource,
          name: 'Prometheus',
          access: 'proxy',
          url: `http://${hostFrom(this.workload.pods.namespace, peer)}:${peer.port(port)}`,
          isDefault: true,
          editable: false,
        },
      ],
    });
  }
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/ */
const settings = (host: string) => ({
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${filesDirectory}/${fileOf('stock-overview')}`,
  GF_LOG_MODE: 'console',
  GF_PATHS_PROVISIONING: provisioning,
  // It would replace plugins of the image at every start, on a file system that is read-only, and fail.
  GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${filesDirectory}/admin-password`,
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_SERVER_DOMAIN: host,
  GF_SERVER_HTTP_PORT: `${port}`,
  GF_SERVER_ROOT_URL: `%(protocol)s://%(domain)s${path}`,
  GF_SERVER_SERVE_FROM_SUB_PATH: 'true',
  GF_USERS_ALLOW_SIGN_UP: 'false',
});

/** Provisioning files are YAML, of which JSON is a part. */
const provisioningFile = (content: object): string => `${JSON.stringify(content, undefined, 2)}\n`;

const dashboardProvider = provisioningFile({
  apiVersion: 1,
  providers: [
    {
      name: 'stock-analysis',
      type: 'file',
      allowUiUpdates: false,
      disableDeletion: false,
      updateIntervalSeconds: 30,
      options: { path: `${filesDirectory}/dashboards` },
    },
  ],
});

const fileOf = (uid: string) => `dashboards/${uid}.json`;

function filesOf(dashboards: readonly Dashboard[]): Record<string, FileSource> {
  const files = new Map<string, FileSource>();
  for (const { uid, title, json } of dashboards) {
    if (files.has(fileOf(uid))) throw new Error(`grafana: dashboard "${title}" has the uid "${uid}" of another one`);
    files.set(fileOf(uid), { content: `${JSON.stringify(json, undefined, 2)}\n`, onChange: 'reread' });
  }
  return Object.fromEntries(files);
}

const asks = (question: string, times: { periodSeconds: number; failureThreshold: number }): Probe => ({
  check: {
    command: ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}${question}`],
    http: { port: 'http', path: question },
  },
  timeoutSeconds: 5,
  ...times,
});
