import { Construct } from 'constructs';
import type { Scale } from '../../config/environment';
import {
  applicationContainer,
  applicationProbes,
  metricsPort,
  migration,
  type ProcessProps,
  processEnvironment,
  stock,
} from '../application/application';
import type { Client } from '../workload/connections';
import { Workload } from '../workload/workload';

export interface WorkerProps extends ProcessProps {
  readonly scale: Scale;
  /** Jobs at a time in one process (manual: CELERY_WORKER_CONCURRENCY). */
  readonly concurrency: number;
  /** After this a job is asked to stop (manual: CELERY_TASK_SOFT_TIME_LIMIT). */
  readonly softTimeLimitSeconds: number;
}

/** Time a job has after the soft limit to stop, and a process to write down what it did. */
const windDownSeconds = 30;

/** Runs the queue's jobs (manual: Celery). Nothing connects to it. */
export class Worker extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      ...applicationContainer(props),
      kind: 'service',
      component: id,
      role: 'worker',
      command: stock('worker'),
      preparations: [migration],
      scale: props.scale,
      ports: { metrics: metricsPort },
      environment: {
        ...processEnvironment(props),
        CELERY_WORKER_CONCURRENCY: `${props.concurrency}`,
        CELERY_TASK_SOFT_TIME_LIMIT: `${props.softTimeLimitSeconds}`,
      },
      // A job that has begun may end.
      terminationGracePeriodSeconds: props.softTimeLimitSeconds + windDownSeconds,
      probes: applicationProbes('metrics'),
    });
  }
}
