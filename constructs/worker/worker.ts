import { Construct } from 'constructs';
import type { SourcesConfig } from '../../config/components/sources';
import type { Scale } from '../../config/fields';
import {
  applicationContainer,
  applicationProbes,
  metricsPort,
  migration,
  type ProcessProps,
  processEnvironment,
  scrapeOf,
  stock,
  variables,
} from '../application/application';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import { given, Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { workerAlerts } from './alerts';
import { workersDashboard } from './dashboard';
import { sourcesDashboard } from './sources-dashboard';

export interface WorkerProps extends ProcessProps {
  readonly scale: Scale;
  /** Jobs at a time in one process (manual 7.2: CELERY_WORKER_CONCURRENCY). */
  readonly concurrency: number;
  /** After this a job is asked to stop (manual 7.2: CELERY_TASK_SOFT_TIME_LIMIT). */
  readonly softTimeLimitSeconds: number;
  /** After this a job that did not stop is given up. @default - a minute after it was asked */
  readonly hardTimeLimitSeconds?: number | undefined;
  /** Where market data comes from. */
  readonly sources: SourcesConfig;
}

/** Time a job that was asked to stop has before it is given up (CELERY_TASK_TIME_LIMIT). */
const hardLimitMarginSeconds = 60;

/** Time a job has after the soft limit to stop, and a process to write down what it did. */
const windDownSeconds = 30;

/** Runs the queue's jobs (manual 1.2: Celery), and asks the sources of market data. Nothing connects to it. */
export class Worker extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    const { priority, tushareUrl, aktoolsUrl, windUrl, tokenRevisions } = props.sources;
    const tokens = Object.entries(tokenRevisions).map(([source, revision]) => ({
      key: `${source}-api-key`,
      secret: new Secret(this, `secret-${source}`, {
        component: id,
        suffix: `${source}-api-key`,
        keys: { [`${source}-api-key`]: given },
        revision,
      }),
    }));
    this.workload = new Workload(this, 'workload', {
      ...applicationContainer(props),
      kind: 'service',
      component: id,
      purpose: 'worker',
      command: stock('worker'),
      preparations: [migration],
      scale: props.scale,
      ports: { metrics: metricsPort },
      environment: {
        ...processEnvironment(props),
        CELERY_WORKER_CONCURRENCY: `${props.concurrency}`,
        CELERY_TASK_SOFT_TIME_LIMIT: `${props.softTimeLimitSeconds}`,
        CELERY_TASK_TIME_LIMIT: `${props.hardTimeLimitSeconds ?? props.softTimeLimitSeconds + hardLimitMarginSeconds}`,
        SOURCE_PRIORITY: priority,
        TUSHARE_HTTP_URL: tushareUrl,
        ...variables({
          TUSHARE_CALLS_PER_MINUTE: props.sources.tushareCallsPerMinute,
          SOURCE_TIMEOUT: props.sources.timeoutSeconds,
        }),
        ...(aktoolsUrl && { AKTOOLS_URL: aktoolsUrl }),
        ...(windUrl && { WIND_URL: windUrl }),
        ...Object.fromEntries(
          tokens.map(({ key }) => [`${key.toUpperCase().replaceAll('-', '_')}_FILE`, `${filesDirectory}/${key}`]),
        ),
      },
      files: Object.fromEntries(tokens.map(({ key, secret }) => [key, secret.file(key)])),
      // A job that has begun may end.
      terminationGracePeriodSeconds: props.softTimeLimitSeconds + windDownSeconds,
      probes: applicationProbes('metrics'),
    });
    const { connections, observations, config } = Environment.of(this);
    observations.record({
      component: id,
      scrapes: [scrapeOf(this.workload)],
      alerts: workerAlerts,
      dashboards: [workersDashboard(config.name), sourcesDashboard(config.name)],
    });
    for (const [source, url] of Object.entries({ tushare: tushareUrl, akshare: aktoolsUrl, wind: windUrl })) {
      if (url && priority.includes(source)) connections.reach(this.workload, url);
    }
  }
}
