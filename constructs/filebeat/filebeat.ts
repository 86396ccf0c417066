import { Construct } from 'constructs';
import type { Logstash } from '../logstash/logstash';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { hostFrom } from '../workload/peer';
import { filesDirectory, type Probe, Workload } from '../workload/workload';
import { dataDirectory, logsOf, renderFilebeatConfig, statusPort } from './filebeat-config';

export interface FilebeatProps {
  readonly image: ContainerImage;
  readonly logstash: Logstash;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

/** Reads what the containers of its node write, and sends it to Logstash, as fast as that takes it. */
export class Filebeat extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: FilebeatProps) {
    super(scope, id);
    const { config } = Environment.of(this);
    const { folder } = logsOf[config.target];
    const logstash = () => {
      const peer = props.logstash.workload;
      return `${hostFrom(this.workload.pods.namespace, peer)}:${peer.port('beats')}`;
    };
    this.workload = new Workload(this, 'workload', {
      kind: 'agent',
      component: id,
      purpose: 'log-agent',
      image: props.image,
      command: ['filebeat', '-e', '--strict.perms=false', '-c', `${filesDirectory}/filebeat.yml`],
      user: { uid: 0, gid: 0 },
      host: {
        root: 'the logs of containers can be read by root alone',
        paths: [
          { path: folder, mountPath: folder, reason: 'the logs of the containers' },
          {
            path: `/var/lib/${config.namespace}-filebeat`,
            mountPath: dataDirectory,
            isWritable: true,
            reason: 'how far each log has been read, which has to outlive the agent',
          },
        ],
      },
      files: { 'filebeat.yml': { content: () => renderFilebeatConfig(config, logstash()) } },
      scratchMiB: { '/tmp': 16, '/usr/share/filebeat/logs': 16 },
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      probes: {
        startup: asks({ periodSeconds: 5, failureThreshold: 30 }),
        readiness: asks({ periodSeconds: 15, failureThreshold: 3 }),
        liveness: asks({ periodSeconds: 30, failureThreshold: 6 }),
      },
    });
    props.logstash.allow(this);
  }
}

const asks = (times: Pick<Probe, 'periodSeconds' | 'failureThreshold'>): Probe => ({
  check: { command: ['curl', '-sf', '-o', '/dev/null', `http://127.0.0.1:${statusPort}/`] },
  timeoutSeconds: 5,
  ...times,
});
