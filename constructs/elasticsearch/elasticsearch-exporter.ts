import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import { alone, exporterContainer, tell } from '../exporters/exporter';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { upstreamImage } from '../workload/image';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';
import { userName } from './elasticsearch-users';

export interface ElasticsearchExporterProps {
  /** The server, with a port named `http`. */
  readonly server: Peer;
  readonly password: SecretFile;
}

/** Health, disk and growth of an Elasticsearch as metrics, read as a user that sees no line of a log (manual 4.1). */
export class ElasticsearchExporter extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { server, password }: ElasticsearchExporterProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const container = exporterContainer(id, { image: upstreamImage(config.images, 'elasticsearchExporter') }, 9114);
    this.workload = new Workload(this, 'workload', {
      ...container,
      ...alone,
      command: [
        'sh',
        `${filesDirectory}/start-exporter.sh`,
        `--es.uri=http://${server.name}:${server.port('http')}`,
        '--es.all',
        '--es.indices',
        // Shorter than the time that Prometheus waits: that the server does not answer is told, instead of nothing.
        '--es.timeout=5s',
      ],
      environment: { ...container.environment, ES_USERNAME: userName('exporter') },
      files: {
        'start-exporter.sh': { content: readFileSync(join(__dirname, 'start-exporter.sh'), 'utf8') },
        password,
      },
    });
    tell(this.workload, server, { port: 'http', job: 'elasticsearch-exporter', intervalSeconds: 30 });
  }
}
