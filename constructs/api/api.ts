import { Construct } from 'constructs';
import type { SourcesConfig } from '../../config/components/sources';
import type { Scale } from '../../config/fields';
import {
  applicationContainer,
  applicationProbes,
  drainSeconds,
  metricsPort,
  migration,
  type ProcessProps,
  processEnvironment,
  scrapeOf,
  stock,
  variables,
} from '../application/application';
import type { Routes } from '../gateway/route';
import type { Client, Given } from '../workload/connections';
import { Environment } from '../workload/environment';
import { RotatedSecret } from '../workload/rotated-secret';
import { filesDirectory, Workload } from '../workload/workload';
import { apiAlerts, apiRecordings } from './alerts';
import { apiDashboard } from './dashboard';

export interface ApiProps extends ProcessProps {
  readonly scale: Scale;
  /** Addresses (CIDR) from which a gateway asks and says who the client is. @default - the connection says it */
  readonly trustedProxies?: readonly string[];
  /** Where market data comes from; the API says when an answer is not from the preferred source. */
  readonly sources: SourcesConfig;
  readonly requestsPerMinute?: number | undefined;
  readonly unfinishedJobsPerKey?: number | undefined;
  readonly unfinishedJobs?: number | undefined;
  /** Origins whose pages may ask from a browser. @default - its own alone */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** How long answers are kept. */
  readonly cacheSeconds?: {
    readonly realtime?: number | undefined;
    readonly daily?: number | undefined;
    readonly historical?: number | undefined;
  };
  /** Whether the answer to a request tells the cause of a server error. @default false */
  readonly explainsErrors?: boolean | undefined;
  /** Raise it to have API keys hashed with another secret key, while those that the former proves are good still. @default 1 */
  readonly secretKeyRevision?: number;
}

/** The REST API (manual 1.2), on the manual's port 8000. Only those it lets in reach it. */
export class Api extends Construct implements Client {
  readonly workload: Workload;
  /** What API keys are hashed with; whoever restores their table has to know whether it is the same. */
  readonly secretKeys: Required<Given>;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.secretKeys = secretKeysOf(this, id, props.secretKeyRevision ?? 1);
    this.workload = new Workload(this, 'workload', {
      ...applicationContainer(props),
      kind: 'service',
      component: id,
      purpose: 'api',
      command: stock('api'),
      preparations: [migration],
      scale: props.scale,
      namesReplicas: true,
      ports: { http: 8000, metrics: metricsPort },
      environment: {
        ...processEnvironment(props),
        HTTP_PORT: '8000',
        ...(props.trustedProxies && { TRUSTED_PROXIES: props.trustedProxies.join(',') }),
        SOURCE_PRIORITY: props.sources.priority,
        ...variables({
          API_REQUESTS_PER_MINUTE: props.requestsPerMinute,
          API_UNFINISHED_JOBS_PER_KEY: props.unfinishedJobsPerKey,
          API_UNFINISHED_JOBS: props.unfinishedJobs,
          CORS_ALLOWED_ORIGINS: props.allowedOrigins?.join(','),
          CACHE_TTL_REALTIME_DATA: props.cacheSeconds?.realtime,
          CACHE_TTL_DAILY_DATA: props.cacheSeconds?.daily,
          CACHE_TTL_HISTORICAL_DATA: props.cacheSeconds?.historical,
          DEBUG: props.explainsErrors,
        }),
        ...this.secretKeys.environment,
      },
      files: this.secretKeys.files,
      drainSeconds,
      probes: applicationProbes('http'),
    });
    Environment.of(this).observations.record({
      component: id,
      scrapes: [scrapeOf(this.workload)],
      recordings: apiRecordings,
      alerts: apiAlerts,
      dashboards: [apiDashboard(Environment.of(this).config.name)],
    });
  }

  /** What of it the gateway passes on. */
  get routes(): Routes {
    const http = { peer: this.workload, port: 'http' };
    return { '/': { ...http, answers: 'end' }, '/api/v1/stream/': { ...http, answers: 'stay open' } };
  }

  /** Lets clients send requests. */
  allow(...clients: Client[]): void {
    for (const client of clients) Environment.of(this).connections.allow(client.workload, this.workload, 'http');
  }
}

/** The secret key and, where there was another before, that one. */
function secretKeysOf(scope: Construct, component: string, revision: number): Required<Given> {
  const keys = () => ({ 'secret-key': '{password}' });
  const { current, former } = new RotatedSecret(scope, 'secret', { component, revision, keys });
  return {
    environment: {
      SECRET_KEY_FILE: `${filesDirectory}/secret-key`,
      ...(revision > 1 && { FORMER_SECRET_KEY_FILE: `${filesDirectory}/former-secret-key` }),
    },
    files: {
      'secret-key': current.file('secret-key'),
      ...(revision > 1 && { 'former-secret-key': former.file('secret-key') }),
    },
  };
}
