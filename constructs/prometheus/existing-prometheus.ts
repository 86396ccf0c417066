import { Construct } from 'constructs';
import { CustomObject } from '../workload/custom-object';
import { Environment } from '../workload/environment';
import type { Scrape } from '../workload/observations';
import type { Peer, Pods } from '../workload/peer';
import { Workload } from '../workload/workload';
import { targetAlerts } from './alerts';
import { podMonitor } from './monitors';
import { rulesOf } from './prometheus-config';
import { scopedTo } from './scoped-expression';
import type { Watcher } from './watcher';

export interface ExistingPrometheusProps {
  /** Its pods, which nothing but ports of metrics is opened to. */
  readonly pods: Pods;
  readonly discovery: Discovery;
  /** URL below which the repository's files can be read. */
  readonly repository: string;
}

/** How it finds our pods: by what they carry, or by objects of prometheus-operator, which it selects by these labels. */
export type Discovery =
  | { readonly by: 'annotations' }
  | { readonly by: 'monitors'; readonly labels: Readonly<Record<string, string>> };

/** The API of prometheus-operator. */
const apiVersion = 'monitoring.coreos.com/v1';

/** What is to be read of one component. */
interface Job extends Scrape {
  readonly component: string;
  readonly job: string;
}

/** A Prometheus of the cluster that somebody else runs: our pods let it in and say how they are to be scraped. */
export class ExistingPrometheus extends Construct implements Watcher {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExistingPrometheusProps,
  ) {
    super(scope, id);
    const hasRules = props.discovery.by === 'monitors';
    Environment.of(this).observations.record({ component: id, alerts: hasRules ? targetAlerts : [] });
  }

  watch(): void {
    const { connections } = Environment.of(this);
    for (const job of this.jobs) {
      connections.admit(this.peer, job.peer, job.port);
      this.tell(job);
    }
    if (this.props.discovery.by === 'monitors') this.addRules(this.props.discovery.labels);
  }

  private tell(job: Job): void {
    const { discovery } = this.props;
    if (discovery.by === 'annotations') annotate(job);
    else this.addMonitor(job, discovery.labels);
  }

  private addMonitor(job: Job, labels: Readonly<Record<string, string>>): void {
    const { component, job: name, peer } = job;
    this.add(labels, {
      component,
      kind: 'PodMonitor',
      suffix: name === component ? undefined : name,
      body: podMonitor({ ...job, name, pods: podsOf(peer, component) }, this.labels),
    });
  }

  /** The alerts of our Prometheus, about our series alone. */
  private addRules(labels: Readonly<Record<string, string>>): void {
    const watched = Environment.of(this).observations.all.filter(({ recordings, alerts }) => recordings ?? alerts);
    const { environment } = this.labels;
    const rules = rulesOf(watched, {
      repository: this.props.repository,
      labels: this.labels,
      expressionOf: (expression) => scopedTo({ environment }, expression),
    });
    this.add(labels, { component: this.node.id, kind: 'PrometheusRule', body: { spec: rules } });
  }

  private add(labels: Readonly<Record<string, string>>, { component, kind, suffix, body }: Added): void {
    const id = [kind, component, ...(suffix ? [suffix] : [])].join('-').toLowerCase();
    new CustomObject(this, id, { component, apiVersion, kind, suffix, labels, body });
  }

  private get jobs(): Job[] {
    return Environment.of(this).observations.all.flatMap(({ component, scrapes = [] }) =>
      scrapes.map((scrape) => ({ ...scrape, component, job: scrape.job ?? component })),
    );
  }

  /** What tells our series from those of others, as it leaves a Prometheus of ours. */
  private get labels() {
    const { name, tier } = Environment.of(this).config;
    return { environment: name, tier };
  }

  private get peer(): Peer {
    const { pods } = this.props;
    const refuse = (): never => {
      throw new Error('nothing is asked of a Prometheus that somebody else runs');
    };
    return { component: this.node.id, name: this.node.id, pods, port: refuse, protocol: refuse };
  }
}

interface Added {
  readonly component: string;
  readonly kind: string;
  readonly suffix?: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a pod says of itself, by a habit that the community's chart made one: a port a pod, and no interval. */
function annotate({ peer, port, path = '/metrics', parameters = {}, component }: Job): void {
  if (!(peer instanceof Workload)) throw new Error(notOurs(component));
  peer.annotate({
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': `${peer.port(port)}`,
    'prometheus.io/path': path,
    ...Object.fromEntries(Object.entries(parameters).map(([name, text]) => [`prometheus.io/param_${name}`, text])),
  });
}

function podsOf({ pods }: Peer, component: string): Pods {
  if (!pods) throw new Error(notOurs(component));
  return pods;
}

const notOurs = (component: string): string =>
  `"${component}" is scraped at an address, allowed: pods, which a Prometheus of somebody else can find; record it in an environment whose observability.topology is "bundled"`;
