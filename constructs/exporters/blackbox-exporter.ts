import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { Peer } from '../workload/peer';
import { filesDirectory, Workload } from '../workload/workload';
import { alone, type ExporterProps, exporterContainer, metrics } from './exporter';

export interface BlackboxExporterProps extends ExporterProps {
  /** What is asked, and the name under which its clients know it. */
  readonly gateway: {
    readonly workload: Peer;
    readonly clientPort: { readonly name: string; readonly isTls: boolean };
  };
  readonly host: string;
}

/** Asks for the health of the API as its clients do, through the gateway. */
export class BlackboxExporter extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: BlackboxExporterProps) {
    super(scope, id);
    const { host, gateway } = props;
    const { name: port, isTls } = gateway.clientPort;
    // It is asked at another name than its certificate has; until when that is good is told in any case.
    const tls = isTls && { tls_config: { server_name: host, insecure_skip_verify: true } };
    const modules = { health: { prober: 'http', timeout: '5s', http: { headers: { Host: host }, ...tls } } };
    this.workload = new Workload(this, 'workload', {
      ...exporterContainer(id, props, 9115),
      ...alone,
      command: ['/bin/blackbox_exporter', `--config.file=${filesDirectory}/blackbox.yml`],
      files: { 'blackbox.yml': { content: `${JSON.stringify({ modules }, null, 2)}\n` } },
    });
    const { connections, observations } = Environment.of(this);
    connections.watch(this.workload, gateway.workload, port);
    const target = `${isTls ? 'https' : 'http'}://${gateway.workload.name}:${gateway.workload.port(port)}/health`;
    observations.record({
      component: gateway.workload.component,
      scrapes: [
        {
          job: id,
          peer: this.workload,
          port: metrics,
          path: '/probe',
          parameters: { module: 'health', target },
          intervalSeconds: 15,
        },
      ],
    });
  }
}
