import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { ElasticsearchEndpoint } from '../elasticsearch/elasticsearch-endpoint';
import { jvmHeapOptions } from '../elasticsearch/heap';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { curlPageProbe } from '../workload/page-probe';
import { filesDirectory, Workload } from '../workload/workload';
import { logstashAlerts } from './alerts';
import { beatsPort, logPipeline } from './log-pipeline';
import { LogWatch } from './log-watch';
import { renderLogstashConfig } from './logstash-config';
import { renderPipeline } from './pipeline';

export interface LogstashProps {
  readonly image: ContainerImage;
  readonly elasticsearch: ElasticsearchEndpoint;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
}

const api = { name: 'api', number: 9600 };
const settingsDirectory = '/usr/share/logstash/config-used';

/** Reads what Filebeat sends, keeps it on a volume until Elasticsearch has taken it, and gives each component its stream. */
export class Logstash extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: LogstashProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const { server } = props.elasticsearch;
    const destination = { ...server, user: props.elasticsearch.userName('writer') };
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'log-pipeline',
      image: props.image,
      command: ['sh', `${filesDirectory}/start.sh`, settingsDirectory],
      user: { uid: 1000, gid: 1000 },
      ports: { beats: beatsPort, api: api.number },
      environment: {
        LS_JAVA_OPTS: `${jvmHeapOptions(props.memoryMiB)} -Djava.io.tmpdir=/usr/share/logstash/data/tmp`,
      },
      files: {
        'start.sh': { content: readFileSync(join(__dirname, 'start.sh'), 'utf8') },
        'logstash.yml': { content: renderLogstashConfig(props.storageGiB) },
        'pipeline.conf': { content: renderPipeline(logPipeline(config.name, destination)) },
      },
      scratchMiB: { '/tmp': 64, '/usr/share/logstash/logs': 64, [settingsDirectory]: 16 },
      volumes: [{ path: '/usr/share/logstash/data', sizeGiB: props.storageGiB }],
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      terminationGracePeriodSeconds: 120,
      probes: {
        startup: curlPageProbe(api, '/', { periodSeconds: 5, failureThreshold: 60 }),
        readiness: curlPageProbe(api, '/', { periodSeconds: 10, failureThreshold: 3 }),
        liveness: curlPageProbe(api, '/', { periodSeconds: 30, failureThreshold: 6 }),
      },
    });
    props.elasticsearch.allow('writer', this);
    Environment.of(this).observations.record({
      component: id,
      alerts: logstashAlerts,
      exporters: [
        (watcher) =>
          new LogWatch(watcher, 'log-watch', { logstash: this.workload, elasticsearch: props.elasticsearch }),
      ],
    });
  }

  allow(...clients: Client[]): void {
    for (const client of clients) Environment.of(this).connections.allow(client.workload, this.workload, 'beats');
  }
}
