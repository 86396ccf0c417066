import { Construct } from 'constructs';
import { type ApplicationProps, applicationContainer, stock } from '../application/application';
import type { Client } from '../workload/connections';
import { Workload } from '../workload/workload';

export interface MaintenanceProps extends ApplicationProps {
  /** How long a finished job is remembered (CELERY_RESULT_EXPIRES, there in seconds). */
  readonly jobResultDays: number;
}

/**
 * What the database needs every night (manual 3.6): next year's partition ahead of time, expired job results
 * forgotten, fresh statistics.
 */
export class Maintenance extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: MaintenanceProps) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      ...applicationContainer(props),
      kind: 'scheduled',
      component: id,
      purpose: 'maintenance',
      command: stock('db', 'maintain'),
      environment: { CELERY_RESULT_EXPIRES: `${props.jobResultDays * 86_400}` },
      schedule: '30 3 * * *',
      timeZone: 'Asia/Shanghai',
      timeLimitSeconds: 1800,
    });
  }
}
