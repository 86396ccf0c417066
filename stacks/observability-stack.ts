import type { EnvironmentConfig } from '../config/environment';
import { Alertmanager } from '../constructs/alertmanager/alertmanager';
import { Prometheus } from '../constructs/prometheus/prometheus';
import type { Environment } from '../constructs/workload/environment';
import { upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';

export interface ObservabilityStackProps {
  readonly observability: NonNullable<EnvironmentConfig['observability']>;
  readonly images: EnvironmentConfig['images'];
}

/** Who watches the others: what they want to be seen is gathered, so this is the last stack to be made. */
export class ObservabilityStack extends EnvironmentStack {
  constructor(environment: Environment, { observability, images }: ObservabilityStackProps) {
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

    alertmanager.allow(prometheus);
    prometheus.watch();
  }
}
