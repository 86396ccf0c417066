import { Construct } from 'constructs';
import { alone, exporterContainer, tell } from '../exporters/exporter';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { upstreamImage } from '../workload/image';
import { outsidePageProbe } from '../workload/page-probe';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';

export interface RedisExporterProps {
  /** The server, with a port named `redis`. */
  readonly server: Peer;
  readonly user: string;
  /** The exporter's own form of it, made by `passwordsByAddress`. */
  readonly passwords: SecretFile;
}

/** The file that the exporter looks a password up in: by the server's address with the user's name in it. */
export const passwordsByAddress = (host: string, port: number, user: string): string =>
  `${JSON.stringify({ [`redis://${user}@${host}:${port}`]: '{password}' })}\n`;

/** Memory, clients and persistence of a Redis as metrics, by a user that may ask for nothing else (manual 4.1: redis-exporter). */
export class RedisExporter extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { server, user, passwords }: RedisExporterProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const image = upstreamImage(config.images, 'redisExporter');
    const container = exporterContainer(id, { image }, 9121, '/health', outsidePageProbe);
    this.workload = new Workload(this, 'workload', {
      ...container,
      ...alone,
      // Settings, latencies and the clients' names are not its user's business.
      command: [
        '/redis_exporter',
        '--config-command=-',
        '--exclude-latency-histogram-metrics',
        '--set-client-name=false',
        '--connection-timeout=5s',
      ],
      environment: {
        ...container.environment,
        REDIS_ADDR: `redis://${server.name}:${server.port('redis')}`,
        REDIS_USER: user,
        REDIS_PASSWORD_FILE: `${filesDirectory}/passwords.json`,
      },
      files: { 'passwords.json': passwords },
    });
    tell(this.workload, server, { port: 'redis', job: 'redis-exporter', intervalSeconds: 15 });
  }
}
