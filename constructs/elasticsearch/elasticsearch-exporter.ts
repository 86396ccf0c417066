import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import { alone, exporterContainer, tell } from '../exporters/exporter';
import type { CertificateFile } from '../workload/certificates';
import { Environment } from '../workload/environment';
import type { SecretFile } from '../workload/files';
import { upstreamImage } from '../workload/image';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';

export interface ElasticsearchExporterProps {
  /** The server, with a port named `http`. */
  readonly server: Peer;
  readonly url: string;
  readonly user: string;
  readonly password: SecretFile;
  /** Of the CAs that sign the server's. @default - it is reached without TLS, or by those that the image trusts */
  readonly certificates?: CertificateFile;
}

/** Health, disk and growth of an Elasticsearch as metrics, read as a user that sees no line of a log (manual 4.1). */
export class ElasticsearchExporter extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: ElasticsearchExporterProps) {
    super(scope, id);
    const { server, certificates } = props;
    const { config } = Environment.of(this);
    const container = exporterContainer(id, { image: upstreamImage(config.images, 'elasticsearchExporter') }, 9114);
    this.workload = new Workload(this, 'workload', {
      ...container,
      ...alone,
      command: [
        'sh',
        `${filesDirectory}/start-exporter.sh`,
        `--es.uri=${props.url}`,
        ...(certificates?.path ? [`--es.ca=${certificates.path}`] : []),
        '--es.all',
        '--es.indices',
        // Shorter than the time that Prometheus waits: that the server does not answer is told, instead of nothing.
        '--es.timeout=5s',
      ],
      environment: { ...container.environment, ES_USERNAME: props.user },
      files: {
        'start-exporter.sh': { content: readFileSync(join(__dirname, 'start-exporter.sh'), 'utf8') },
        password: props.password,
        ...certificates?.files,
      },
    });
    tell(this.workload, server, { port: 'http', job: 'elasticsearch-exporter', intervalSeconds: 30 });
  }
}
