import { Construct } from 'constructs';
import { Environment } from '../workload/environment';
import { Workload } from '../workload/workload';
import { type ExporterProps, exporterContainer, metrics } from './exporter';
import { nodeExporterAlerts } from './node-exporter-alerts';
import { machinesDashboard } from './node-exporter-dashboard';

/** What of a node is looked at; its network is not, because the exporter has one of its own. */
const collectors = [
  'cpu',
  'diskstats',
  'filefd',
  'filesystem',
  'loadavg',
  'meminfo',
  'pressure',
  'stat',
  'uname',
  'vmstat',
];

/** Processors, memory and disks of every node (manual 4.1: node-exporter). */
export class NodeExporter extends Construct {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: ExporterProps) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      ...exporterContainer(id, props, 9100),
      kind: 'agent',
      command: [
        '/bin/node_exporter',
        '--path.rootfs=/host',
        '--path.procfs=/host/proc',
        '--path.sysfs=/host/sys',
        '--collector.disable-defaults',
        ...collectors.map((collector) => `--collector.${collector}`),
      ],
      host: {
        paths: [{ path: '/', mountPath: '/host', reason: 'what the node is doing, and the sizes of its file systems' }],
      },
    });
    const { observations, config } = Environment.of(this);
    observations.record({
      component: id,
      scrapes: [{ peer: this.workload, port: metrics, intervalSeconds: 15 }],
      alerts: nodeExporterAlerts,
      dashboards: [machinesDashboard(config.name, config.target === 'kubernetes' ? 'node' : 'instance')],
    });
  }
}
