import type { EnvironmentConfig } from '../../config/environment';
import type { ContainerImage } from '../workload/image';
import type { Check, Preparation, Probes } from '../workload/workload';

/** Connections one process keeps and may open beyond that. */
export interface DatabasePool {
  readonly size: number;
  readonly maxOverflow: number;
}

/** What every process of the application is given. */
export interface ApplicationProps {
  readonly image: ContainerImage;
  readonly logLevel: EnvironmentConfig['logLevel'];
  readonly databasePool: DatabasePool;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** The application's command line in its image, and one of its sub-commands. */
export const stock = (...args: string[]): string[] => ['node', '/app/dist/stock.js', ...args];

/** Port of metrics in every process of the application; never reachable through the gateway. */
export const metricsPort = 8001;

/**
 * Brings the schema to the version of the image: once per version, whoever comes first, under an advisory lock.
 * Before each start, so that no process of a new version ever sees the schema of an old one.
 */
export const migration: Preparation = { name: 'migrate', command: stock('migrate') };

/** What the API, the worker, the scheduler and the maintenance run have in common. */
export function applicationContainer(props: ApplicationProps) {
  return {
    image: props.image,
    user: { uid: 10001, gid: 10001 },
    scratchMiB: { '/tmp': 64 },
    cpuMillicores: props.cpuMillicores,
    memoryMiB: props.memoryMiB,
    environment: {
      LOG_LEVEL: props.logLevel,
      DATABASE_POOL_SIZE: `${props.databasePool.size}`,
      DATABASE_MAX_OVERFLOW: `${props.databasePool.maxOverflow}`,
    },
  };
}

/** What a process that serves has besides. */
export const servingEnvironment = { METRICS_PORT: `${metricsPort}`, PROMETHEUS_ENABLED: 'true' };

/** Ready asks the dependencies too, live only the process: a database that is away must not restart everything. */
export function applicationProbes(port: string): Probes {
  const check = (question: 'ready' | 'live'): Check => ({
    command: stock('healthcheck', question),
    http: { port, path: `/health/${question}` },
  });
  return {
    startup: { check: check('ready'), periodSeconds: 3, timeoutSeconds: 5, failureThreshold: 60 },
    readiness: { check: check('ready'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    liveness: { check: check('live'), periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
  };
}
