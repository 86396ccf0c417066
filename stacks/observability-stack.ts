import { readCertificates } from '../config/certificate-file';
import type { ExistingObservability, Kubelets, OwnObservability } from '../config/components/observability';
import type { EnvironmentConfig } from '../config/environment';
import { Alertmanager } from '../constructs/alertmanager/alertmanager';
import { BlackboxExporter } from '../constructs/exporters/blackbox-exporter';
import { KubeStateMetrics } from '../constructs/exporters/kube-state-metrics';
import { Kubelet } from '../constructs/exporters/kubelet';
import { kubeletPanels } from '../constructs/exporters/kubelet-panels';
import { NodeExporter } from '../constructs/exporters/node-exporter';
import type { Gateway } from '../constructs/gateway/gateway';
import { Grafana } from '../constructs/grafana/grafana';
import { Prometheus } from '../constructs/prometheus/prometheus';
import type { Environment } from '../constructs/workload/environment';
import { upstreamImage } from '../constructs/workload/image';
import type { Certificates } from '../constructs/workload/observations';
import { EnvironmentStack } from '../constructs/workload/stack';
import { certificatesIn } from './certificates';

export interface ObservabilityStackProps {
  readonly observability: OwnObservability | ExistingObservability;
  readonly images: EnvironmentConfig['images'];
  readonly hosts: EnvironmentConfig['hosts'];
  readonly gateway: Gateway;
  /** URL of the search of logs. @default - none are kept */
  readonly logs?: string | undefined;
}

/** Who watches the others: what they want to be seen is gathered, so this is the last stack to be made. */
export class ObservabilityStack extends EnvironmentStack {
  constructor(environment: Environment, props: ObservabilityStackProps) {
    super(environment, 'observability', 'supporting');
    const { observability } = props;
    if (observability.topology === 'existing') this.tellExisting(observability, props);
    else this.addOwn(observability, props);
  }

  private tellExisting(observability: ExistingObservability, props: ObservabilityStackProps): void {
    const prometheus = Prometheus.fromExisting(this, 'prometheus', observability);
    this.addExporters(props);
    prometheus.watch();
  }

  private addOwn(observability: OwnObservability, props: ObservabilityStackProps): void {
    const { images, gateway, logs } = props;
    const { prometheus: sizes, repository, webInterfaces } = observability;
    const origin = webInterfaces?.origin;
    const { alertmanager, pages } = this.addAlertmanager(observability, images);
    const prometheus = new Prometheus(this, 'prometheus', {
      ...sizes,
      image: upstreamImage(images, 'prometheus'),
      repository,
      alertmanager,
      remoteWrite: sizes.remoteWrite && { ...sizes.remoteWrite, ca: certificatesIn(sizes.remoteWrite) },
      origin,
    });
    this.addExporters(props, observability.kubelets);
    const grafana =
      observability.grafana &&
      new Grafana(this, 'grafana', {
        ...observability.grafana,
        image: upstreamImage(images, 'grafana'),
        prometheus: prometheus.webInterface,
        origin,
        links: { repository, logs },
      });
    if (grafana) prometheus.allow(grafana);
    prometheus.watch();
    if (webInterfaces) {
      gateway.show(prometheus.webInterface, ...pages, ...(grafana ? [grafana.webInterface] : []));
    }
  }

  /** Ours with its pages, or one that somebody else runs. */
  private addAlertmanager({ alertmanager, notifications, webInterfaces }: OwnObservability, images: Images) {
    if (alertmanager.topology === 'existing') {
      const existing = { ...alertmanager, ca: certificatesIn(alertmanager) };
      return { alertmanager: Alertmanager.fromExisting(this, 'alertmanager', existing), pages: [] };
    }
    const own = new Alertmanager(this, 'alertmanager', {
      ...alertmanager,
      image: upstreamImage(images, 'alertmanager'),
      notifications,
      origin: webInterfaces?.origin,
    });
    return { alertmanager: own, pages: [own.webInterface] };
  }

  private addExporters({ images, gateway, hosts }: ObservabilityStackProps, kubelets?: Kubelets): void {
    const { environment } = this;
    const onEachNode =
      environment.config.cluster?.nodeAgents === false
        ? undefined
        : new NodeExporter(this, 'node-exporter', { image: upstreamImage(images, 'nodeExporter') });
    new BlackboxExporter(this, 'blackbox-exporter', {
      image: upstreamImage(images, 'blackboxExporter'),
      gateway,
      host: hosts[0] as string,
    });
    if (environment.config.target === 'kubernetes') {
      new KubeStateMetrics(this, 'kube-state-metrics', {
        image: upstreamImage(images, 'kubeStateMetrics'),
        panels: kubelets && kubeletPanels,
      });
    }
    for (const makeExporter of environment.observations.all.flatMap(({ exporters = [] }) => exporters))
      makeExporter(this);
    if (kubelets && onEachNode) {
      const { pods: nodes } = onEachNode.workload;
      new Kubelet(this, 'kubelet', { nodes, certificates: certificatesOf(kubelets) });
    }
  }
}

const certificatesOf = (kubelets: Kubelets): Certificates =>
  kubelets.signedBy === 'others' ? { signedBy: 'others', ca: readCertificates(kubelets.caFile) } : kubelets;

type Images = EnvironmentConfig['images'];
