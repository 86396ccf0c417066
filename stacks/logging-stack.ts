import type { LoggingConfig } from '../config/components/logging';
import type { ImageSettings } from '../config/images';
import { Elasticsearch } from '../constructs/elasticsearch/elasticsearch';
import type { ElasticsearchEndpoint } from '../constructs/elasticsearch/elasticsearch-endpoint';
import { snapshotRepository } from '../constructs/elasticsearch/snapshot-repository';
import { Filebeat } from '../constructs/filebeat/filebeat';
import type { Gateway } from '../constructs/gateway/gateway';
import { Kibana } from '../constructs/kibana/kibana';
import { KibanaSetup } from '../constructs/kibana/kibana-setup';
import { LogSetup } from '../constructs/log-setup/log-setup';
import { LogSnapshots } from '../constructs/log-snapshots/log-snapshots';
import { Logstash } from '../constructs/logstash/logstash';
import type { Environment } from '../constructs/workload/environment';
import { applicationImage, upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';
import { certificatesIn } from './certificates';

export interface LoggingStackProps {
  readonly logging: LoggingConfig;
  readonly images: ImageSettings;
  readonly gateway: Gateway;
  /** Where people reach the gateway, if they search through it. @default - they reach the search's port alone */
  readonly origin?: string | undefined;
}

/** The logs of all stacks (manual: ELK Stack). Nothing of the product waits for it: what it cannot take yet stays on the disk. */
export class LoggingStack extends EnvironmentStack {
  /** URL of their search. @default - it is not here */
  readonly search: string | undefined;

  constructor(environment: Environment, { logging: config, images, gateway, origin }: LoggingStackProps) {
    super(environment, 'logging', 'supporting');
    const elasticsearch = this.addElasticsearch(config, images);
    new LogSetup(this, 'log-setup', {
      ...config.setUp,
      image: applicationImage(images),
      elasticsearch,
      environment: environment.config.name,
      retentionDays: config.retentionDays,
      replicas: replicasOf(config),
    });
    if (config.elasticsearch.topology !== 'existing') {
      new LogSnapshots(this, 'log-snapshots', {
        ...config.setUp,
        image: applicationImage(images),
        elasticsearch,
        repository: snapshotRepository,
        keep: config.elasticsearch.snapshots.keep,
      });
    }
    const logstash = new Logstash(this, 'logstash', {
      ...config.logstash,
      image: upstreamImage(images, 'logstash'),
      elasticsearch,
    });
    new Filebeat(this, 'filebeat', { ...config.filebeat, image: upstreamImage(images, 'filebeat'), logstash });
    const kibana =
      config.kibana &&
      new Kibana(this, 'kibana', {
        ...config.kibana,
        image: upstreamImage(images, 'kibana'),
        elasticsearch,
        origin,
      });
    if (kibana) new KibanaSetup(this, 'kibana-setup', { ...config.setUp, image: applicationImage(images), kibana });
    if (kibana && origin) gateway.show(kibana.webInterface);
    this.search = kibana?.url;
  }

  private addElasticsearch({ elasticsearch }: LoggingConfig, images: ImageSettings): ElasticsearchEndpoint {
    if (elasticsearch.topology === 'existing') {
      return Elasticsearch.fromExisting(this, 'elasticsearch', { ...elasticsearch, ca: certificatesIn(elasticsearch) });
    }
    return new Elasticsearch(this, 'elasticsearch', {
      ...elasticsearch,
      snapshotsGiB: elasticsearch.snapshots.storageGiB ?? elasticsearch.storageGiB,
      image: upstreamImage(images, 'elasticsearch'),
    });
  }
}

/** A single node has room for none. */
const replicasOf = ({ elasticsearch }: LoggingConfig): number =>
  elasticsearch.topology === 'existing' ? elasticsearch.replicas : 0;
