import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { Exposure } from '../../config/components/exposure';
import type { Scale } from '../../config/fields';
import { drainSeconds } from '../application/application';
import { metrics } from '../exporters/exporter';
import { meetingOf } from '../workload/companion';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import type { ContainerImage } from '../workload/image';
import { hostFrom, type Peer } from '../workload/peer';
import { Secret } from '../workload/secret';
import { filesDirectory, type Probe, Workload } from '../workload/workload';
import { gatewayAlerts } from './alerts';
import { certificateOf } from './certificate';
import { gatewayDashboard } from './dashboard';
import { clientPortOf, entranceOf, languageBefore } from './entrance';
import { expose } from './exposure';
import { type GatewayRoute, type Page, renderGatewayConfig } from './gateway-config';
import { nginxExporter } from './nginx-exporter';
import { directPortsOf, inside, insidePort, statusPort } from './ports';
import type { Routes } from './route';
import type { WebInterface } from './web-interface';

export interface GatewayProps {
  readonly image: ContainerImage;
  readonly scale: Scale;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** Host names it answers to; any other gets 421. */
  readonly hosts: readonly string[];
  /** How those outside reach it. @default - by its Service alone, or on 127.0.0.1 of the machine */
  readonly exposure?: Exposure;
  /** Addresses (CIDR) of what stands before it and says who its clients are. @default - nothing stands before it */
  readonly trustedProxies?: readonly string[];
  readonly routes: Routes;
  /** Whether people are shown web interfaces through it, behind its login where these have none. @default false */
  readonly showsInterfaces?: boolean;
  /** Port on 127.0.0.1 of the machine, on Docker. @default - any free one */
  readonly localPort?: number;
  /** Of the password of its login: raise it to have another made. @default 1 */
  readonly loginRevision?: number;
  /** Image of the exporter beside each replica. @default - nobody watches it */
  readonly exporterImage?: ContainerImage;
}

/** As whom people log in to what has no login of its own, and the file with their password. */
const loginName = 'operator';
const htpasswd = 'htpasswd';

/** The way in (manual 1.1): Nginx with limits, time-outs and security headers before what it has routes to, and nothing else. */
export class Gateway extends Construct implements Client {
  readonly workload: Workload;
  /** Port by which it is asked as its clients ask, and whether by TLS: where TLS ends here, and nobody has to say first who comes. */
  readonly clientPort: { readonly name: string; readonly isTls: boolean };
  private readonly shown: WebInterface[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: GatewayProps,
  ) {
    super(scope, id);
    const { hosts, cpuMillicores, memoryMiB, exporterImage, showsInterfaces = false } = props;
    const { exposure = { type: 'internal' }, trustedProxies = [], localPort } = props;
    const directPorts = directPortsOf(exposure);
    this.clientPort = clientPortOf(exposure);
    const meeting = meetingOf(Environment.of(this).config, id);
    const settings = {
      ...{ hosts, port: insidePort, cpuMillicores, memoryMiB },
      proxies: { addresses: trustedProxies, speak: languageBefore(exposure) },
      entrance: entranceOf(exposure),
      sendsToTls: exposure.type === 'ingress' && exposure.tls !== undefined,
      statusAddress: exporterImage && `${meeting.listen}:${statusPort}`,
    };
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'gateway',
      image: props.image,
      command: ['sh', `${filesDirectory}/start.sh`],
      user: { uid: 10_101, gid: 10_101 },
      scale: props.scale,
      companion: exporterImage && nginxExporter(exporterImage, `http://${meeting.host}:${statusPort}/stub_status`),
      ports: { [inside]: insidePort, ...directPorts },
      files: {
        'nginx.conf': {
          content: () => renderGatewayConfig({ ...settings, routes: this.routes(props.routes), pages: this.pages }),
        },
        'start.sh': { content: readFileSync(join(__dirname, 'start.sh'), 'utf8') },
        ...certificateOf(this, exposure),
        ...(showsInterfaces && { [htpasswd]: this.login() }),
      },
      scratchMiB: { '/tmp': 64 },
      cpuMillicores,
      memoryMiB,
      drainSeconds,
      probes: {
        startup: asks({ periodSeconds: 1, failureThreshold: 30 }),
        readiness: asks({ periodSeconds: 5, failureThreshold: 2 }),
        liveness: asks({ periodSeconds: 15, failureThreshold: 4 }),
      },
    });
    expose(this, { workload: this.workload, exposure, directPorts, hosts, trustedProxies, localPort });
    const { observations, config } = Environment.of(this);
    if (!exporterImage) return;
    observations.record({
      component: id,
      scrapes: [{ job: 'nginx-exporter', peer: this.workload, port: metrics, intervalSeconds: 15 }],
      alerts: gatewayAlerts,
      dashboards: [gatewayDashboard(config.name)],
    });
  }

  /** Lets people reach web interfaces. It needs none of them: it starts before they are there, and serves while they are away. */
  show(...interfaces: WebInterface[]): void {
    const { connections } = Environment.of(this);
    if (!this.props.showsInterfaces)
      throw new Error('gateway: web interfaces are shown, allowed: where it was made with showsInterfaces');
    for (const { peer, port } of interfaces) connections.watch(this.workload, peer, port);
    this.shown.push(...interfaces);
  }

  private login(): SecretFile {
    const login = new Secret(this, 'login', {
      component: this.node.id,
      suffix: 'login',
      keys: { htpasswd: `${loginName}:{PLAIN}{password}\n` },
      revision: this.props.loginRevision,
    });
    return login.file('htpasswd');
  }

  private get pages(): Page[] {
    return this.shown.map(({ path, peer, port, login }) => ({
      path,
      address: this.lookedUp(peer, port, peer.name),
      passwords: login === 'of the gateway' ? `${filesDirectory}/${htpasswd}` : undefined,
    }));
  }

  private routes(routes: Routes): GatewayRoute[] {
    const { namespace } = this.workload.pods;
    const mayReach = Environment.of(this).connections.outOf(this.workload);
    return Object.entries(routes).map(([path, { peer, port, answers }]) => {
      if (!mayReach.some((edge) => edge.to === peer && edge.port === port)) {
        throw new Error(
          `gateway: ${path} goes to port "${port}" of "${peer.component}", which does not let it in: ${peer.component}.allow(gateway)`,
        );
      }
      return {
        path,
        upstream: peer.component,
        address: `${hostFrom(namespace, peer)}:${peer.port(port)}`,
        replicas: peer.replicasName && this.lookedUp(peer, port, peer.replicasName),
        answers,
      };
    });
  }

  /** Where Nginx finds a peer's port while it runs: the search list, by which names may be short, it does not know. */
  private lookedUp(peer: Peer, port: string, name: string): string {
    const { target } = Environment.of(this).config;
    const host = target === 'docker' ? name : hostFrom(undefined, { name, pods: peer.pods });
    return `${host}$cluster_domain:${peer.port(port)}`;
  }
}

/** Nginx itself; whether the API answers is the API's own probe. */
const asks = (times: { periodSeconds: number; failureThreshold: number }): Probe => ({
  check: {
    // The image promises no HTTP client, but it is Debian's and has bash.
    command: [
      'bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${insidePort} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3`,
    ],
    http: { port: inside, path: '/healthz' },
  },
  timeoutSeconds: 5,
  ...times,
});
