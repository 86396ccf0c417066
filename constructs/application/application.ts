import type { EnvironmentConfig } from '../../config/environment';
import type { ContainerImage } from '../workload/image';
import { systemName } from '../workload/naming';
import type { Scrape } from '../workload/observations';
import type { Check, Preparation, Probes, Workload } from '../workload/workload';

/** Connections one process keeps and may open beyond that. */
export interface DatabasePool {
  readonly size: number;
  readonly maxOverflow: number;
}

/** What everything run from the application's image is given. */
export interface ApplicationProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** What a process that stays is given besides. */
export interface ProcessProps extends ApplicationProps {
  readonly logLevel: EnvironmentConfig['logLevel'];
  readonly databasePool: DatabasePool;
}

/** The application's command line in its image, and one of its sub-commands. */
export const stock = (...args: string[]): string[] => ['node', '/app/dist/stock.js', ...args];

/** Port of metrics in every process of the application; never reachable through the gateway. */
export const metricsPort = 8001;

/** The manual's interval for the job stock-analysis-api (4.1). */
const scrapeIntervalSeconds = 30;

/** Where the metrics of a process of the application are read, with the manual's name of the job. */
export const scrapeOf = (workload: Workload): Scrape => ({
  job: `${systemName}-${workload.component}`,
  peer: workload,
  port: 'metrics',
  intervalSeconds: scrapeIntervalSeconds,
});

/**
 * Time in which the gateway and the cluster's proxies notice that a replica has left the traffic; and in which another
 * starts, where it was the only one: a replica that ends is still asked when nobody else is ready.
 */
export const drainSeconds = 15;

/**
 * Brings the schema to the version of the image: once per version, whoever comes first, under an advisory lock.
 * Before each start, so that no process of a new version ever sees the schema of an old one.
 */
export const migration: Preparation = { name: 'migrate', command: stock('migrate') };

/** How everything from the application's image is contained. */
export const applicationContainer = ({ image, cpuMillicores, memoryMiB }: ApplicationProps) => ({
  image,
  cpuMillicores,
  memoryMiB,
  user: { uid: 10001, gid: 10001 },
  scratchMiB: { '/tmp': 64 },
});

/** Settings as environment variables; those that are left out are the application's own. */
export const variables = (settings: Readonly<Record<string, string | number | boolean | undefined>>) =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]])),
  );

/** The environment of a process that stays; connections add theirs. */
export const processEnvironment = ({ logLevel, databasePool }: ProcessProps) => ({
  LOG_LEVEL: logLevel,
  DATABASE_POOL_SIZE: `${databasePool.size}`,
  DATABASE_MAX_OVERFLOW: `${databasePool.maxOverflow}`,
  METRICS_PORT: `${metricsPort}`,
  PROMETHEUS_ENABLED: 'true',
});

/**
 * Both are about the process alone: ready once it has met its database, and until it stops; live while it answers. A
 * dependency that is away must neither restart everything nor take everything out of the Service.
 *
 * @param healthcheck the command that asks in the container
 */
export function applicationProbes(port: string, healthcheck = stock('healthcheck')): Probes {
  const check = (question: 'ready' | 'live'): Check => ({
    command: [...healthcheck, question],
    http: { port, path: `/health/${question}` },
  });
  return {
    startup: { check: check('ready'), periodSeconds: 3, timeoutSeconds: 5, failureThreshold: 60 },
    readiness: { check: check('ready'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    liveness: { check: check('live'), periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
  };
}
