import type { EnvironmentConfig } from '../config/environment';
import { Alertmanager } from '../constructs/alertmanager/alertmanager';
import { BlackboxExporter } from '../constructs/exporters/blackbox-exporter';
import { KubeStateMetrics } from '../constructs/exporters/kube-state-metrics';
import { NodeExporter } from '../constructs/exporters/node-exporter';
import type { Gateway } from '../constructs/gateway/gateway';
import { Grafana } from '../constructs/grafana/grafana';
import { Prometheus } from '../constructs/prometheus/prometheus';
import type { Environment } from '../constructs/workload/environment';
import { upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';

export interface ObservabilityStackProps {
  readonly observability: NonNullable<EnvironmentConfig['observability']>;
  readonly images: EnvironmentConfig['images'];
  readonly hosts: EnvironmentConfig['hosts'];
  readonly gateway: Gateway;
  /** URL of the search of logs. @default - none are kept */
  readonly logs?: string | undefined;
}

/** Who watches the others: what they want to be seen is gathered, so this is the last stack to be made. */
export class ObservabilityStack extends EnvironmentStack {
  constructor(environment: Environment, { observability, images, hosts, gateway, logs }: ObservabilityStackProps) {
    super(environment, 'observability');
    const { prometheus: sizes, repository, notifications, webInterfaces } = observability;
    const origin = webInterfaces?.origin;
    const alertmanager = new Alertmanager(this, 'alertmanager', {
      ...observability.alertmanager,
      image: upstreamImage(images, 'alertmanager'),
      notifications,
      origin,
    });
    const prometheus = new Prometheus(this, 'prometheus', {
      ...sizes,
      image: upstreamImage(images, 'prometheus'),
      repository,
      alertmanager: alertmanager.webInterface,
      origin,
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

    const grafana =
      observability.grafana &&
      new Grafana(this, 'grafana', {
        ...observability.grafana,
        image: upstreamImage(images, 'grafana'),
        prometheus: prometheus.webInterface,
        origin,
        links: { repository, logs },
      });

    alertmanager.allow(prometheus);
    if (grafana) prometheus.allow(grafana);
    prometheus.watch();
    if (webInterfaces) {
      gateway.show(prometheus.webInterface, alertmanager.webInterface, ...(grafana ? [grafana.webInterface] : []));
    }
  }
}
