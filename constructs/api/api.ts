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
} from '../application/application';
import type { Routes } from '../gateway/route';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { apiAlerts, apiRecordings } from './alerts';
import { apiDashboard } from './dashboard';

export interface ApiProps extends ProcessProps {
  readonly scale: Scale;
  /** Where market data comes from; the API says when an answer is not from the preferred source. */
  readonly sources: SourcesConfig;
}

/** The REST API (manual 1.2), on the manual's port 8000. Only those it lets in reach it. */
export class Api extends Construct implements Client {
  readonly workload: Workload;
  /** What API keys are hashed with; whoever restores their table has to know whether it is the same. */
  readonly secretKey: SecretFile;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const secret = new Secret(this, 'secret', { component: id, keys: { 'secret-key': '{password}' } });
    this.secretKey = secret.file('secret-key');
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
        SOURCE_PRIORITY: props.sources.priority,
        SECRET_KEY_FILE: `${filesDirectory}/secret-key`,
      },
      files: { 'secret-key': this.secretKey },
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
