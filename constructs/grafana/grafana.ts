import { Construct } from 'constructs';
import { pagesUrl, type WebInterface } from '../gateway/web-interface';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { goMemory } from '../workload/memory';
import type { Dashboard, Links } from '../workload/observations';
import { pageProbe } from '../workload/page-probe';
import { hostFrom } from '../workload/peer';
import { Secret } from '../workload/secret';
import { type FileSource, filesDirectory, Workload } from '../workload/workload';
import { overviewDashboard } from './overview';
import { metricsSource } from './panels';

export interface GrafanaProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** What its panels ask. It has to let Grafana in: `prometheus.allow(grafana)`. */
  readonly prometheus: WebInterface;
  /** Where people reach the gateway, if they reach Grafana through it. @default - they reach its port alone */
  readonly origin?: string;
  /** Where its dashboards lead to. */
  readonly links: Links;
  /** Of the password of its administrator: raise it to have another made. @default 1 */
  readonly passwordRevision?: number;
}

const port = 3000;
const http = { name: 'http', number: port };
const path = '/grafana/';
const provisioning = `${filesDirectory}/provisioning`;

/**
 * Dashboards of all that its environment's components recorded (manual: Grafana仪表板), so it is made after them. Its user is `admin`. What it
 * shows is in files and what it writes is lost with it: nothing made by hand can be missed.
 */
export class Grafana extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const { observations, config } = Environment.of(this);
    const admin = new Secret(this, 'admin', {
      component: id,
      keys: { 'admin-password': '{password}' },
      revision: props.passwordRevision,
    });
    observations.record({ component: id, dashboards: [overviewDashboard(config.name)] });
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'dashboards',
      image: props.image,
      // The image's own group is root's; any other user may read what is in it.
      user: { uid: 10_472, gid: 10_472 },
      scale: { replicas: 1 },
      update: 'recreate',
      ports: { http: port },
      environment: { ...settings(pagesUrl({ path, port, origin: props.origin })), ...goMemory(props.memoryMiB) },
      files: {
        'admin-password': admin.file('admin-password'),
        'provisioning/datasources/prometheus.yaml': { content: () => this.dataSources(props.prometheus) },
        'provisioning/dashboards/files.yaml': { content: dashboardProvider },
        ...filesOf(
          observations.all.flatMap(({ dashboards = [] }) => dashboards),
          props.links,
        ),
      },
      scratchMiB: { '/var/lib/grafana': 128, '/tmp': 64 },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      probes: {
        startup: pageProbe(http, '/api/health', { periodSeconds: 3, failureThreshold: 40 }),
        readiness: pageProbe(http, '/api/health', { periodSeconds: 10, failureThreshold: 3 }),
        liveness: pageProbe(http, '/healthz', { periodSeconds: 15, failureThreshold: 4 }),
      },
    });
  }

  get webInterface(): WebInterface {
    return { path, peer: this.workload, port: 'http', login: 'its own' };
  }

  private dataSources({ peer, port, path }: GrafanaProps['prometheus']): string {
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
          url: `http://${hostFrom(this.workload.pods.namespace, peer)}:${peer.port(port)}${path}`,
          isDefault: true,
          editable: false,
        },
      ],
    });
  }
}

/** @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/ */
const settings = (url: string) => ({
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${filesDirectory}/${fileOf('stock-overview')}`,
  // What it would tell over WebSockets, dashboards ask for anyway, and the gateway passes none on.
  GF_LIVE_MAX_CONNECTIONS: '0',
  GF_LOG_MODE: 'console',
  GF_PATHS_PROVISIONING: provisioning,
  // They would be open to all whom the gateway lets ask it for its login page.
  GF_METRICS_ENABLED: 'false',
  // It would replace plugins of the image at every start, on a file system that is read-only, and fail.
  GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${filesDirectory}/admin-password`,
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_SECURITY_COOKIE_SECURE: `${url.startsWith('https:')}`,
  GF_SERVER_HTTP_PORT: `${port}`,
  GF_SERVER_ROOT_URL: url,
  GF_SERVER_SERVE_FROM_SUB_PATH: 'true',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
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

function filesOf(dashboards: readonly Dashboard[], links: Links): Record<string, FileSource> {
  const files = new Map<string, FileSource>();
  for (const { uid, title, json } of dashboards) {
    if (files.has(fileOf(uid))) throw new Error(`grafana: dashboard "${title}" has the uid "${uid}" of another one`);
    files.set(fileOf(uid), { content: () => provisioningFile(json(links)), onChange: 'reread' });
  }
  return Object.fromEntries(files);
}
