import { Construct } from 'constructs';
import type { Client } from '../../constructs/workload/connections';
import type { ContainerImage } from '../../constructs/workload/image';
import { filesDirectory, Workload } from '../../constructs/workload/workload';

/** A task that sets something up, once and again when its files change. */
export class Greeting extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { image }: { image: ContainerImage }) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      kind: 'once',
      component: id,
      purpose: 'set-up',
      image,
      command: ['sh', `${filesDirectory}/greet.sh`],
      user: { uid: 1000, gid: 1000 },
      files: { 'greet.sh': { content: 'echo "set up for $(date +%Y)"\n' } },
      timeLimitSeconds: 60,
      cpuMillicores: 100,
      memoryMiB: 64,
    });
  }
}
