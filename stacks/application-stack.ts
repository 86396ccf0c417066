import { webOrigin } from '../config/components/observability';
import type { EnvironmentConfig } from '../config/environment';
import { Api } from '../constructs/api/api';
import { Gateway } from '../constructs/gateway/gateway';
import { Maintenance } from '../constructs/maintenance/maintenance';
import type { PostgresEndpoint } from '../constructs/postgres/postgres-endpoint';
import type { RedisEndpoint } from '../constructs/redis/redis-endpoint';
import { Scheduler } from '../constructs/scheduler/scheduler';
import { Worker } from '../constructs/worker/worker';
import type { Client } from '../constructs/workload/connections';
import type { Environment } from '../constructs/workload/environment';
import { applicationImage, upstreamImage } from '../constructs/workload/image';
import { outsidePeer } from '../constructs/workload/peer';
import { EnvironmentStack } from '../constructs/workload/stack';

export interface ApplicationStackProps {
  readonly postgres: PostgresEndpoint;
  readonly cache: RedisEndpoint;
  readonly queue: RedisEndpoint;
}

/** What is deployed with every release: the picture of manual 1.1, line by line. */
export class ApplicationStack extends EnvironmentStack {
  readonly api: Api;
  readonly gateway: Gateway;

  constructor(environment: Environment, config: EnvironmentConfig, { postgres, cache, queue }: ApplicationStackProps) {
    super(environment, 'application');
    const image = applicationImage(config.images);
    const application = { image, logLevel: config.logLevel };
    const { sources } = config;

    this.api = new Api(this, 'api', { ...application, ...config.api, sources });
    const worker = new Worker(this, 'worker', { ...application, ...config.worker, sources });
    const scheduler = new Scheduler(this, 'scheduler', { ...application, ...config.scheduler });
    const maintenance = new Maintenance(this, 'maintenance', { image, ...config.maintenance, ...config.retention });
    this.gateway = new Gateway(this, 'gateway', {
      ...config.gateway,
      exposure: config.exposure,
      image: upstreamImage(config.images, 'nginx'),
      hosts: config.hosts,
      routes: this.api.routes,
      showsInterfaces: webOrigin(config.observability) !== undefined,
      exporterImage: config.observability && upstreamImage(config.images, 'nginxExporter'),
    });

    this.api.allow(this.gateway);
    postgres.allow('read', this.api);
    postgres.allow('app', worker, scheduler);
    postgres.allow('owner', maintenance);
    queue.allow('api', this.api);
    queue.allow('worker', worker);
    queue.allow('scheduler', scheduler);
    cache.allow('api', this.api);
    cache.allow('worker', worker);
    if (config.tracing) this.trace(config.tracing.endpoint, this.api, worker, scheduler);
  }

  /** Has what runs tell where its time goes. */
  private trace(endpoint: string, ...clients: Client[]): void {
    const given = { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } };
    for (const { workload } of clients) {
      this.environment.connections.allow(workload, outsidePeer(endpoint), 'url', given);
    }
  }
}
