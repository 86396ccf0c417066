import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { ElasticsearchEndpoint } from '../elasticsearch/elasticsearch-endpoint';
import { nodeHeapMiB } from '../elasticsearch/heap';
import { alone, exporterContainer, tell } from '../exporters/exporter';
import { allStreamsOf } from '../log-setup/requests';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import { applicationImage } from '../workload/image';
import { nodePageProbe } from '../workload/page-probe';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';

export interface LogWatchProps {
  /** With a port named `api`. */
  readonly logstash: Peer;
  readonly elasticsearch: ElasticsearchEndpoint;
}

const port = 9610;
const memoryMiB = 128;

/** Asks Elasticsearch and Logstash how the logs come through, and tells it as metrics: neither has a form that Prometheus reads. */
export class LogWatch extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { logstash, elasticsearch }: LogWatchProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const { server } = elasticsearch;
    this.workload = new Workload(this, 'workload', {
      ...exporterContainer(id, { image: applicationImage(config.images) }, port, '/', nodePageProbe),
      ...alone,
      command: [
        'node',
        `${filesDirectory}/watch-logs.mjs`,
        `${port}`,
        server.url,
        elasticsearch.userName('observer'),
        allStreamsOf(config.name),
        `http://${logstash.name}:${logstash.port('api')}`,
        filesDirectory,
        ...(elasticsearch.snapshots ? [elasticsearch.snapshots.name] : []),
      ],
      environment: {
        NODE_OPTIONS: `--max-old-space-size=${nodeHeapMiB(memoryMiB)}`,
        ...(server.caFile !== undefined && { NODE_EXTRA_CA_CERTS: server.caFile }),
      },
      files: { 'watch-logs.mjs': { content: readFileSync(join(__dirname, 'watch-logs.mjs'), 'utf8') } },
      memoryMiB,
    });
    elasticsearch.letObserve(this);
    // It searches the lines of a day.
    tell(this.workload, logstash, { port: 'api', job: id, intervalSeconds: 60 });
  }
}
