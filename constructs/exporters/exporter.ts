import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { goMemory } from '../workload/memory';
import { pageProbe } from '../workload/page-probe';
import type { Peer } from '../workload/peer';
import type { Workload } from '../workload/workload';

export interface ExporterProps {
  readonly image: ContainerImage;
}

/** The port of metrics of every exporter, by its name. */
export const metrics = 'metrics';

const memoryMiB = 64;

/**
 * How every exporter is contained: a small program in Go, with probes that ask it for its own page.
 *
 * @param probe `outsidePageProbe` where the image holds the program and nothing that could ask
 */
export const exporterContainer = (
  component: string,
  { image }: ExporterProps,
  port: number,
  page = '/',
  probe = pageProbe,
) => ({
  component,
  purpose: 'exporter',
  image,
  user: { uid: 65_534, gid: 65_534 },
  ports: { [metrics]: port },
  environment: goMemory(memoryMiB),
  cpuMillicores: 50,
  memoryMiB,
  probes: {
    startup: probe({ name: metrics, number: port }, page, { periodSeconds: 2, failureThreshold: 60 }),
    readiness: probe({ name: metrics, number: port }, page, { periodSeconds: 10, failureThreshold: 3 }),
    liveness: probe({ name: metrics, number: port }, page, { periodSeconds: 15, failureThreshold: 6 }),
  },
});

/** Lets an exporter ask the server that it tells of, and says where that is read. */
export function tell(exporter: Workload, server: Peer, { port, job, intervalSeconds }: Told): void {
  const { connections, observations } = Environment.of(exporter);
  connections.watch(exporter, server, port);
  observations.record({
    component: server.component,
    scrapes: [{ job, peer: exporter, port: metrics, intervalSeconds }],
  });
}

interface Told {
  /** Name of the server's port. */
  readonly port: string;
  readonly job: string;
  readonly intervalSeconds: number;
}

/** Those that are one: a gap of some seconds while another version starts is none to be seen. */
export const alone = { kind: 'service', scale: { replicas: 1 }, update: 'recreate' } as const;
