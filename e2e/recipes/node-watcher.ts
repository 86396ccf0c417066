import { Construct } from 'constructs';
import { Environment } from '../../constructs/workload/environment';
import type { ContainerImage } from '../../constructs/workload/image';
import { type Probe, Workload } from '../../constructs/workload/workload';

/** An agent: one on each node, looking at the node itself. */
export class NodeWatcher extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { image }: { image: ContainerImage }) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      kind: 'agent',
      component: id,
      purpose: 'node-metrics',
      image,
      command: ['/bin/node_exporter', '--path.rootfs=/host'],
      user: { uid: 65_534, gid: 65_534 },
      host: { paths: [{ path: '/', mountPath: '/host', reason: 'the sizes of its file systems' }] },
      ports: { metrics: 9100 },
      cpuMillicores: 100,
      memoryMiB: 64,
      probes: { startup: asks(30), readiness: asks(3), liveness: asks(6) },
    });
    Environment.of(this).observations.record({
      component: id,
      scrapes: [{ peer: this.workload, port: 'metrics', intervalSeconds: 30 }],
    });
  }
}

const asks = (failureThreshold: number): Probe => ({
  check: { command: ['wget', '-qO-', 'http://127.0.0.1:9100/'], http: { port: 'metrics', path: '/' } },
  periodSeconds: 10,
  timeoutSeconds: 5,
  failureThreshold,
});
