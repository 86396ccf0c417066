import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { ElasticsearchEndpoint } from '../elasticsearch/elasticsearch-endpoint';
import type { Client } from '../workload/connections';
import type { ContainerImage } from '../workload/image';
import { filesDirectory, Workload } from '../workload/workload';
import { type LogSettings, repositoryRequest, templateRequests, userRequests } from './requests';

export interface LogSetupProps extends LogSettings {
  /** One with Node.js. */
  readonly image: ContainerImage;
  readonly elasticsearch: ElasticsearchEndpoint;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** Makes templates, retention and, in a server of ours, roles, users and the place of snapshots in Elasticsearch, and again when one of them is to be another. */
export class LogSetup extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: LogSetupProps) {
    super(scope, id);
    const { server, setUp, snapshots } = props.elasticsearch;
    const requests = [
      ...templateRequests(props),
      ...(setUp.makesUsers ? userRequests : []),
      ...(snapshots ? [repositoryRequest(snapshots)] : []),
    ];
    this.workload = new Workload(this, 'workload', {
      kind: 'once',
      component: id,
      purpose: 'set-up',
      image: props.image,
      command: ['node', `${filesDirectory}/set-up.mjs`, server.url, setUp.name, filesDirectory],
      environment: server.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: server.caFile },
      user: { uid: 10001, gid: 10001 },
      files: {
        'set-up.mjs': { content: readFileSync(join(__dirname, 'set-up.mjs'), 'utf8') },
        'requests.json': { content: JSON.stringify(requests, null, 2) },
      },
      timeLimitSeconds: 600,
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
    });
    props.elasticsearch.allowSetUp(this);
  }
}
