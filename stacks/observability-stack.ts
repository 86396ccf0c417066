import type { EnvironmentConfig } from '../config/environment';
import { Alertmanager } from '../constructs/alertmanager/alertmanager';
import { BlackboxExporter } from '../constructs/exporters/blackbox-exporter';
import { KubeStateMetrics } from '../constructs/exporters/kube-state-metrics';
import { NodeExporter } from '../constructs/exporters/node-exporter';
import type { Gateway } from '../constructs/gateway/gateway';
import { Prometheus } from '../constructs/prometheus/prometheus';
import type { Environment } from '../constructs/workload/environment';
import { upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';

export interface ObservabilityStackProps {
  readonly observability: NonNullable<EnvironmentConfig['observability']>;
  readonly images: EnvironmentConfig['images'];
  readonly hosts: EnvironmentConfig['hosts'];
  readonly gateway: Gateway;
}

/** Who watches the others: what they want to be seen is gathered, so this is the last stack to be made. */
export class ObservabilityStack extends EnvironmentStack {
  constructor(environment: Environment, { observability, images, hosts, gateway }: ObservabilityStackProps) {
    super(environment, 'observability');
    const { prometheus: sizes, repository, notifications } = observability;
    const alertmanager = new Alertmanager(this, 'alertmanager', {
      ...observability.alertmanager,
      image: upstreamImage(images, 'alertmanager'),
      notifications,
    });
    const prometheus = new Prometheus(this, 'prometheus', {
      ...sizes,
      image: upstreamImage(images, 'prometheus'),
      repository,
      alertmanager: { peer: alertmanager.workload, port: 'http' },
    });

    new NodeExporter(this, 'node-exporter', { image: upstreamImage(images, 'nodeExporter') });
    new BlackboxExporter(this, 'blackbox-exporter', {
      image: upstreamImage(images, 'blackboxExporter'),
      gateway,
      host: hosts[0] as string,
    });
    if (environment.config.target === 'kubernetes') {
      new KubeStateMetrics(this, 'kube-state-metrics', { image: upstreamImage(images, 'kubeStateMetrics') });
    }

    for (const makeExporter of environment.observations.all.flatMap(({ exporters = [] }) => exporters))
      makeExporter(this);

    alertmanager.allow(prometheus);
    prometheus.watch();
  }
}
