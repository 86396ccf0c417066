import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import { type ElasticsearchEndpoint, passwordFile } from '../elasticsearch/elasticsearch-endpoint';
import { nodeHeapMiB } from '../elasticsearch/heap';
import { pagesUrl, type WebInterface } from '../gateway/web-interface';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { curlPageProbe } from '../workload/page-probe';
import { Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { dataDirectory, kibanaPath, kibanaPort, renderKibanaConfig } from './kibana-config';

export interface KibanaProps {
  readonly image: ContainerImage;
  readonly elasticsearch: ElasticsearchEndpoint;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** Where people reach the gateway, if they reach Kibana through it. @default - they reach its port alone */
  readonly origin?: string;
}

const http = { name: 'http', number: kibanaPort };
const statusPath = `${kibanaPath}api/status`;

/** Where people search logs (manual: http://kibana-host:5601). What it keeps, it keeps in Elasticsearch. */
export class Kibana extends Construct implements Client {
  readonly workload: Workload;
  /** As whom its set-up comes. */
  readonly setUpUser: string;
  private readonly elasticsearch: ElasticsearchEndpoint;
  /** Where people reach it. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: KibanaProps) {
    super(scope, id);
    this.elasticsearch = props.elasticsearch;
    this.setUpUser = props.elasticsearch.userName('importer');
    this.url = pagesUrl({ path: kibanaPath, port: kibanaPort, origin: props.origin });
    const elasticsearch = { ...props.elasticsearch.server, user: props.elasticsearch.userName('kibana') };
    const secret = new Secret(this, 'secret', { component: id, keys: { 'encryption-key': '{password}' } });
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'log-search',
      image: props.image,
      command: ['sh', `${filesDirectory}/start.sh`],
      user: { uid: 1000, gid: 1000 },
      scale: { replicas: 1 },
      // Two of them of different versions would change what is kept at the same time.
      update: 'recreate',
      ports: { http: kibanaPort },
      environment: { NODE_OPTIONS: `--max-old-space-size=${nodeHeapMiB(props.memoryMiB)}` },
      files: {
        'start.sh': { content: readFileSync(join(__dirname, 'start.sh'), 'utf8') },
        'kibana.yml': { content: renderKibanaConfig(elasticsearch, this.url) },
        'encryption-key': secret.file('encryption-key'),
      },
      scratchMiB: { '/tmp': 64, [dataDirectory]: 128, '/usr/share/kibana/logs': 64 },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      probes: {
        startup: curlPageProbe(http, statusPath, { periodSeconds: 5, failureThreshold: 60 }),
        readiness: curlPageProbe(http, statusPath, { periodSeconds: 10, failureThreshold: 3 }),
        liveness: curlPageProbe(http, statusPath, { periodSeconds: 30, failureThreshold: 6 }),
      },
    });
    props.elasticsearch.allow('kibana', this);
  }

  /** What its clients of the environment send requests to. */
  get address(): string {
    return `http://${this.workload.name}:${kibanaPort}`;
  }

  /** Lets the task in that makes what people find there; it may do nothing else. */
  allowSetUp(client: Client): void {
    const files = { [passwordFile]: this.elasticsearch.passwordOf('importer') };
    Environment.of(this).connections.allow(client.workload, this.workload, 'http', { files });
  }

  get webInterface(): WebInterface {
    return { path: kibanaPath, peer: this.workload, port: 'http', login: 'its own' };
  }
}
