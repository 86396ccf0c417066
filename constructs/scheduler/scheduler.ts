import { Construct } from 'constructs';
import {
  type ApplicationProps,
  applicationContainer,
  applicationProbes,
  metricsPort,
  migration,
  servingEnvironment,
  stock,
} from '../application/application';
import type { Client } from '../workload/connections';
import { Workload } from '../workload/workload';

export type SchedulerProps = ApplicationProps;

/** Puts jobs into the queue when their time comes, and those the queue has lost (manual: Celery's beat). */
export class Scheduler extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: SchedulerProps) {
    super(scope, id);
    const container = applicationContainer(props);
    this.workload = new Workload(this, 'workload', {
      ...container,
      kind: 'service',
      component: id,
      role: 'scheduler',
      command: stock('scheduler'),
      preparations: [migration],
      scale: { replicas: 1 },
      ports: { metrics: metricsPort },
      environment: { ...container.environment, ...servingEnvironment },
      probes: applicationProbes('metrics'),
    });
  }
}
