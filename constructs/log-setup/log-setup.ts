import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { Elasticsearch } from '../elasticsearch/elasticsearch';
import type { Client } from '../workload/connections';
import type { ContainerImage } from '../workload/image';
import { filesDirectory, Workload } from '../workload/workload';
import { type LogSettings, setUpRequests } from './requests';

export interface LogSetupProps extends LogSettings {
  /** One with Node.js. */
  readonly image: ContainerImage;
  readonly elasticsearch: Elasticsearch;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** Makes templates, retention, roles and users in Elasticsearch, and again when one of them is to be another. */
export class LogSetup extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: LogSetupProps) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      kind: 'once',
      component: id,
      purpose: 'set-up',
      image: props.image,
      command: ['node', `${filesDirectory}/set-up.mjs`, props.elasticsearch.url, filesDirectory],
      user: { uid: 10001, gid: 10001 },
      files: {
        'set-up.mjs': { content: readFileSync(join(__dirname, 'set-up.mjs'), 'utf8') },
        'requests.json': { content: JSON.stringify(setUpRequests(props), null, 2) },
      },
      timeLimitSeconds: 600,
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
    });
    props.elasticsearch.allowSetUp(this);
  }
}
