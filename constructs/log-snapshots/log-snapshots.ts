import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { ElasticsearchEndpoint } from '../elasticsearch/elasticsearch-endpoint';
import type { SnapshotRepository } from '../elasticsearch/snapshot-repository';
import { allStreams } from '../log-setup/requests';
import type { Client } from '../workload/connections';
import type { ContainerImage } from '../workload/image';
import { filesDirectory, Workload } from '../workload/workload';

export interface LogSnapshotsProps {
  /** One with Node.js. */
  readonly image: ContainerImage;
  readonly elasticsearch: ElasticsearchEndpoint;
  readonly repository: SnapshotRepository;
  readonly keep: KeptSnapshots;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** Which snapshots stay. */
export interface KeptSnapshots {
  readonly days: number;
  /** That many stay whatever their age. */
  readonly least: number;
  /** No more than that many stay. */
  readonly most: number;
}

/** Has Elasticsearch copy the logs every night, what is new of them, and takes away what is older than it has to be. */
export class LogSnapshots extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: LogSnapshotsProps) {
    super(scope, id);
    const { elasticsearch, keep } = props;
    const { url } = elasticsearch.server;
    this.workload = new Workload(this, 'workload', {
      kind: 'scheduled',
      component: id,
      purpose: 'maintenance',
      image: props.image,
      command: [
        'node',
        `${filesDirectory}/snapshot-logs.mjs`,
        ...[url, elasticsearch.userName('snapshots'), filesDirectory],
        ...[props.repository.name, allStreams],
        ...[keep.days, keep.least, keep.most].map(String),
      ],
      user: { uid: 10001, gid: 10001 },
      files: { 'snapshot-logs.mjs': { content: readFileSync(join(__dirname, 'snapshot-logs.mjs'), 'utf8') } },
      schedule: '30 1 * * *',
      timeZone: 'Asia/Shanghai',
      timeLimitSeconds: 4 * 3600,
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
    });
    elasticsearch.allow('snapshots', this);
  }
}
