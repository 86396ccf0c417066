import { Construct } from 'constructs';
import {
  applicationContainer,
  applicationProbes,
  metricsPort,
  migration,
  type ProcessProps,
  processEnvironment,
  scrapeOf,
  stock,
} from '../application/application';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import { Workload } from '../workload/workload';
import { schedulerAlerts } from './alerts';

export type SchedulerProps = ProcessProps;

/** Puts jobs into the queue when their time comes, and those the queue has lost (manual 1.2: Celery's beat). */
export class Scheduler extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: SchedulerProps) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      ...applicationContainer(props),
      kind: 'service',
      component: id,
      purpose: 'scheduler',
      command: stock('scheduler'),
      preparations: [migration],
      scale: { replicas: 1 },
      ports: { metrics: metricsPort },
      environment: processEnvironment(props),
      probes: applicationProbes('metrics'),
    });
    Environment.of(this).observations.record({
      component: id,
      scrapes: [scrapeOf(this.workload)],
      alerts: schedulerAlerts,
    });
  }
}
