import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { Elasticsearch } from '../elasticsearch/elasticsearch';
import { nodeHeapMiB } from '../elasticsearch/heap';
import type { Client } from '../workload/connections';
import type { ContainerImage } from '../workload/image';
import { Secret } from '../workload/secret';
import { filesDirectory, type Probe, Workload } from '../workload/workload';
import { dataDirectory, kibanaPort, renderKibanaConfig } from './kibana-config';

export interface KibanaProps {
  readonly image: ContainerImage;
  readonly elasticsearch: Elasticsearch;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** Where people search logs (manual: http://kibana-host:5601). What it keeps, it keeps in Elasticsearch. */
export class Kibana extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: KibanaProps) {
    super(scope, id);
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
        'kibana.yml': { content: renderKibanaConfig(props.elasticsearch.url) },
        'encryption-key': secret.file('encryption-key'),
      },
      scratchMiB: { '/tmp': 64, [dataDirectory]: 128, '/usr/share/kibana/logs': 64 },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      probes: {
        startup: asks({ periodSeconds: 5, failureThreshold: 60 }),
        readiness: asks({ periodSeconds: 10, failureThreshold: 3 }),
        liveness: asks({ periodSeconds: 30, failureThreshold: 6 }),
      },
    });
    props.elasticsearch.allow('kibana', this);
  }
}

const asks = (times: Pick<Probe, 'periodSeconds' | 'failureThreshold'>): Probe => ({
  check: {
    command: ['curl', '-sf', '-o', '/dev/null', `http://127.0.0.1:${kibanaPort}/api/status`],
    http: { port: 'http', path: '/api/status' },
  },
  timeoutSeconds: 5,
  ...times,
});
