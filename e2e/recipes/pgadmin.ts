import { Construct } from 'constructs';
import type { Client } from '../../constructs/workload/connections';
import type { ContainerImage } from '../../constructs/workload/image';
import { type Probe, Workload } from '../../constructs/workload/workload';

/** A service with a page: what CONTRIBUTING.md takes as its example. */
export class PgAdmin extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { image }: { image: ContainerImage }) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'administration',
      image,
      user: { uid: 5050, gid: 5050 },
      scale: { replicas: 1 },
      ports: { http: 5050 },
      scratchMiB: { '/var/lib/pgadmin': 64 },
      cpuMillicores: 100,
      memoryMiB: 256,
      probes: { startup: asks(30), readiness: asks(3), liveness: asks(6) },
    });
  }
}

const asks = (failureThreshold: number): Probe => ({
  check: {
    command: ['wget', '-qO-', 'http://127.0.0.1:5050/misc/ping'],
    http: { port: 'http', path: '/misc/ping' },
  },
  periodSeconds: 10,
  timeoutSeconds: 5,
  failureThreshold,
});
