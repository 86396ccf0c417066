import { UsageError } from '../../../app/src/runtime/usage-error';
import type { Progress } from '../cli/progress';
import { openEnvironment } from '../deploy/open-environment';
import { Refusal } from '../failures';
import { ClusterShelf, shelvesWith } from '../ledger/cluster-shelf';
import { KubernetesPlace } from '../place/kubernetes-place';
import { requireCheckout } from '../place/synthesized';
import type { KeptStack } from './kept-stack';
import { previewPage } from './preview';
import type { Clocks, PreviewNamespace } from './standing';

/** Of everything that is made for a preview: its name. */
const label = 'stockanalysis.com/preview';
const ofWholeCluster = 'namespace,clusterrole,clusterrolebinding,priorityclass';
const deletionSeconds = 600;
const greatestSkewSeconds = 60;

interface Namespace {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface Where {
  /** The environment that the previews are like: they are in its cluster. */
  from: string;
  /** The checkout. @default that of this program */
  root?: string | undefined;
  progress: Progress;
}

/** The cluster of an environment, for previews of it. */
export class PreviewCluster {
  private constructor(
    readonly root: string,
    readonly base: KubernetesPlace,
    readonly progress: Progress,
  ) {}

  /** @throws UsageError where the environment is on an engine, CannotTell where the cluster does not answer */
  static async open({ from, root = requireCheckout(), progress }: Where): Promise<PreviewCluster> {
    const { place } = await openEnvironment(from, progress, root);
    if (place instanceof KubernetesPlace) return new PreviewCluster(root, place, progress);
    throw new UsageError(
      `${from} is on a Docker engine, and previews are not: their state would be files of one checkout, from which alone they could be taken down; allowed: --from an environment in a cluster, such as dev`,
    );
  }

  shelfOf(name: string): ClusterShelf {
    return new ClusterShelf(this.base.tool, this.base.shelf.namespace, name);
  }

  /** The records of all previews, as texts. */
  records() {
    return shelvesWith(this.base.tool, this.base.shelf.namespace, previewPage);
  }

  /** Every namespace of a preview, of one of them where it is named. */
  async namespaces(name?: string): Promise<PreviewNamespace[]> {
    const selector = name ? `${label}=${name}` : label;
    const found = await this.base.kubectl(['get', 'namespaces', '-l', selector, '-o', 'json']);
    const { items }: { items: Namespace[] } = JSON.parse(found);
    return items.map(({ metadata }) => ({
      name: metadata.name,
      preview: metadata.labels?.[label] ?? '',
      expires: metadata.annotations?.['janitor/expires'],
    }));
  }

  /** @throws Refusal where one of these namespaces is there, and not of the preview */
  async requireOwn(name: string, namespaces: readonly string[]): Promise<void> {
    for (const namespace of namespaces) {
      const found = await this.base.kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'json']);
      if (found === '') continue;
      const { metadata }: Namespace = JSON.parse(found);
      if (metadata.labels?.[label] === name) continue;
      throw new Refusal(
        `the namespace ${namespace} is there without the label ${label}=${name}: it is not of this preview; nothing was done. Choose another name, or see whose it is`,
      );
    }
  }

  /** What is made for nothing is not kept: the cluster says when it would have been. */
  async clocks(): Promise<Clocks> {
    const words = ['create', 'configmap', 'stockops-clock', '--dry-run=server', '-n', this.base.shelf.namespace];
    const told = await this.base.kubectl([...words, '-o', 'jsonpath={.metadata.creationTimestamp}']);
    const clocks = { cluster: new Date(told), machine: new Date() };
    const skewSeconds = Math.round((clocks.machine.getTime() - clocks.cluster.getTime()) / 1000);
    if (Math.abs(skewSeconds) > greatestSkewSeconds)
      this.progress.note(`this machine's clock is ${skewSeconds} s before the cluster's; set it`);
    return clocks;
  }

  /** Deletes what Terraform left, or never knew, of a preview; all of it has its label. @returns what it was */
  async sweep(name: string): Promise<string[]> {
    const found = await this.base.kubectl(['get', ofWholeCluster, '-l', `${label}=${name}`, '-o', 'name']);
    const left = found.split('\n').filter(Boolean);
    if (left.length > 0)
      await this.base.kubectl(['delete', ...left, '--ignore-not-found', `--timeout=${deletionSeconds}s`]);
    return left;
  }

  /** Deletes the state of a stack that is no more. @returns where one stays that is kept elsewhere */
  async forgetState({ name, terraform: { backend } }: KeptStack): Promise<string | undefined> {
    const { kubernetes, ...elsewhere } = backend;
    if (!kubernetes) return `the empty state of ${name} in ${JSON.stringify(elsewhere)}`;
    const { namespace, secret_suffix: suffix } = kubernetes;
    const which = ['-n', `${namespace}`, '-l', `tfstate=true,tfstateSecretSuffix=${suffix}`];
    await this.base.kubectl(['delete', 'secret,lease', ...which, '--ignore-not-found']);
    return undefined;
  }
}
