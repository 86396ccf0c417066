import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { programEnvironment } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { ClusterShelf } from '../ledger/cluster-shelf';
import { probeImage } from './image-probe';
import { answerSeconds, type Place, runSeconds } from './place';
import { isInRegistry } from './registry';
import { externalPath, firstHost, type Resource, resourcesOf, type SynthesizedStack } from './synthesized';
import { type Ended, forget, runTool, runWell, type ToolOptions } from './tool';

/** What kubectl tells of what runs, as far as its copies are read. */
export interface Running {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation: number };
  readonly spec: { readonly replicas?: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
  };
}

/** Kinds of what runs, as Terraform and as kubectl call them. */
export const running = {
  kubernetes_deployment_v1: 'deployment',
  kubernetes_stateful_set_v1: 'statefulset',
  kubernetes_daemon_set_v1: 'daemonset',
} as const;
/** How a person says which cluster it is. */
export const setKubeconfig = 'export KUBE_CONFIG_PATH=~/.kube/config';
export const claims = 'kubernetes_persistent_volume_claim_v1';

/** An environment in a cluster: that of KUBE_CONFIG_PATH, as Terraform takes it. */
export class KubernetesPlace implements Place {
  readonly name: string;
  readonly host: string;
  /** Undefined: whichever is the current one. */
  readonly context: string | undefined;
  readonly shelf: ClusterShelf;

  constructor(
    readonly environment: string,
    readonly stacks: readonly SynthesizedStack[],
    readonly kubeconfig: string | undefined,
  ) {
    this.context = stacks.find(({ providers }) => providers.kubernetes)?.providers.kubernetes?.[0]?.config_context;
    this.name = this.context ? `the cluster of context ${this.context}` : 'the cluster';
    this.shelf = new ClusterShelf(this.tool, shelfNamespace(stacks), environment);
    this.host = firstHost(stacks);
  }

  /** @throws CannotTell when it does not answer, UsageError where nothing says which cluster it is */
  async requireAnswering(signal?: AbortSignal): Promise<void> {
    if (this.kubeconfig === undefined) {
      // kubectl would find one by itself, which may lead elsewhere than where Terraform goes.
      throw new UsageError(
        `KUBE_CONFIG_PATH is not set, and Terraform reads no other kubeconfig; name the one of ${this.name}: ${setKubeconfig}`,
      );
    }
    const words = ['get', '--raw', '/readyz', '--request-timeout=20s'];
    const { status, said } = await this.tool(words, { signal, limitSeconds: answerSeconds });
    if (status !== 0) {
      throw new CannotTell(`${this.name} does not answer: ${said.trim()}; start it, or correct KUBE_CONFIG_PATH`);
    }
  }

  /** What Terraform keeps its state in. */
  async prepare(): Promise<string> {
    const namespace = this.stacks[0]?.backend.kubernetes?.namespace;
    if (!namespace) return 'the state of Terraform is elsewhere';
    const found = await this.kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name']);
    if (found === '') await this.kubectl(['create', 'namespace', namespace]);
    return `the namespace ${namespace} is there`;
  }

  get image(): string {
    return this.workload('api').resource.spec.template.spec.container[0].image;
  }

  /** Nodes name 50 of their images at most, and a registry is asked as anybody: what neither tells of, a node is made to try. */
  async requireImage(): Promise<string> {
    const { image } = this;
    const { items }: { items: Node[] } = JSON.parse(await this.kubectl(['get', 'nodes', '-o', 'json']));
    const having = items.filter((node) => imagesOn(node).includes(nameOnNodes(image)));
    if (having.length > 0) return `${image} is on ${having.length} of ${items.length} nodes`;
    const isThere = await isInRegistry(image).catch(() => undefined);
    if (isThere) return `${image} is in its registry`;
    const { namespace, resource } = this.workload('api');
    const { container, image_pull_secrets = [] } = resource.spec.template.spec;
    const pullSecrets = image_pull_secrets.map(({ name }: Resource) => name);
    const pullPolicy = container[0].image_pull_policy;
    if (await probeImage(this.tool, { namespace, image, pullPolicy, pullSecrets })) return `a node has ${image}`;
    if (isThere === undefined) return `neither a node nor a registry says whether ${image} can be had`;
    throw new Refusal(
      `no node names the image ${image}, and its registry does not know it; push it, or correct its digest`,
    );
  }

  async keepable({ folder }: SynthesizedStack): Promise<object> {
    return JSON.parse(readFileSync(path.join(folder, 'cdk.tf.json'), 'utf8'));
  }

  async isReady(stack: SynthesizedStack): Promise<boolean> {
    const looks = Object.entries(running).map(async ([type, kind]) => {
      const described = resourcesOf([stack], type).map(({ resource: { metadata } }) => metadata);
      const there = await this.there(kind, described);
      return described.every(({ namespace, name }) => {
        const found = there.get(`${namespace}/${name}`);
        return found !== undefined && isWell(found);
      });
    });
    const described = resourcesOf([stack], claims).map(({ resource: { metadata } }) => metadata);
    const volumes = await this.there('persistentvolumeclaim', described);
    const areThere = described.every(({ namespace, name }) => volumes.has(`${namespace}/${name}`));
    const namespaces = resourcesOf([stack], 'kubernetes_namespace_v1').map(({ resource }) => resource.metadata.name);
    const found = await Promise.all(
      namespaces.map((name) => this.kubectl(['get', 'namespace', name, '--ignore-not-found', '-o', 'name'])),
    );
    return areThere && found.every(Boolean) && (await Promise.all(looks)).every(Boolean);
  }

  runningImage(component: string): Promise<string> {
    const { kind, namespace, name } = this.workload(component);
    const field = 'jsonpath={.spec.template.spec.containers[0].image}';
    return this.kubectl(['get', kind, name, '-n', namespace, '-o', field]);
  }

  run(component: string, words: readonly string[], options: ToolOptions = {}): Promise<Ended> {
    const { kind, namespace, name } = this.workload(component);
    // kubectl waits a minute for a pod that runs; whether one does is asked by itself.
    const soon = '--pod-running-timeout=10s';
    const how = ['exec', ...(options.input ? ['-i'] : []), '-n', namespace, `${kind}/${name}`, '-c', component, soon];
    return this.tool([...how, '--', ...words], { limitSeconds: runSeconds, ...options });
  }

  async secretText(secret: string, key: string): Promise<string> {
    const { name, namespace } = this.#secret(secret);
    const encoded = await this.kubectl(['get', 'secret', name, '-n', namespace, '-o', `jsonpath={.data.${key}}`]);
    return Buffer.from(encoded, 'base64').toString();
  }

  async secretWrittenAt(secret: string): Promise<Date | undefined> {
    const { name, namespace } = this.#secret(secret);
    const times = 'jsonpath={.metadata.managedFields[*].time}';
    const words = ['get', 'secret', name, '-n', namespace, '--ignore-not-found', '--show-managed-fields', '-o', times];
    const last = (await this.kubectl(words)).split(' ').sort().at(-1);
    return last ? new Date(last) : undefined;
  }

  /** Pods that have the former alone, and those that are on their way out: the server has both, as new copies of the API do. */
  async runningWith(former: string, present: string): Promise<string[]> {
    const { namespace, name: formerName } = this.#secret(former);
    const { name: presentName } = this.#secret(present);
    const { items }: { items: Pod[] } = JSON.parse(await this.kubectl(['get', 'pods', '-n', namespace, '-o', 'json']));
    const isWithFormer = ({ metadata, spec }: Pod) => {
      const read = secretsOf(spec);
      if (metadata.deletionTimestamp) return read.has(formerName) || read.has(presentName);
      return read.has(formerName) && !read.has(presentName);
    };
    const hasEnded = ({ status }: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';
    return items.filter((pod) => !hasEnded(pod) && isWithFormer(pod)).map(({ metadata }) => metadata.name);
  }

  #secret(secret: string): { name: string; namespace: string } {
    const found = resourcesOf(this.stacks, 'kubernetes_secret_v1').find(({ name }) => name === secret);
    if (!found) throw new Error(`no stack has a secret ${secret}`);
    return found.resource.metadata;
  }

  async withGateway<T>(use: (address: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const service = resourcesOf(this.stacks, 'kubernetes_service_v1').find(({ name }) => name === 'gateway')?.resource;
    if (!service) throw new Error('no stack has a service of the gateway');
    const { name, namespace } = service.metadata;
    const port = service.spec.port.find((each: Resource) => each.name === 'http').port;
    const words = ['port-forward', '-n', namespace, `service/${name}`, `:${port}`];
    const forward = spawn('kubectl', [...this.where(), ...words], {
      env: programEnvironment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const local = /:(\d+) ->/.exec(await firstOutput(forward, signal))?.[1];
      if (!local) throw new CannotTell(`no way to service/${name} could be opened: kubectl ${words.join(' ')}`);
      forward.stdout.resume();
      forward.stderr.resume();
      return await use(`http://127.0.0.1:${local}`);
    } finally {
      forward.kill();
      forget(forward);
    }
  }

  askPrometheus(asked: string): Promise<string> {
    const found = resourcesOf(this.stacks, 'kubernetes_stateful_set_v1').find(({ name }) => name === 'prometheus');
    if (!found) throw new Error('no stack has a Prometheus');
    const { metadata, spec } = found.resource;
    const [container] = spec.template.spec.container;
    const port = container.port[0].container_port;
    const pod = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}-0:${port}/proxy`;
    return this.kubectl(['get', '--raw', `${pod}${externalPath(container.command)}${asked}`]);
  }

  /** The workload of a component, by what kubectl calls it. */
  workload(component: string): { kind: string; namespace: string; name: string; resource: Resource } {
    for (const [type, kind] of Object.entries(running)) {
      const found = resourcesOf(this.stacks, type).find(({ name }) => name === component);
      if (found) return { kind, ...found.resource.metadata, resource: found.resource };
    }
    throw new Error(`no stack has a workload ${component}`);
  }

  /** What there is of a kind, by namespace and name; nothing where the namespace is not there. */
  protected async there(kind: string, described: readonly { namespace: string }[]): Promise<Map<string, Running>> {
    const namespaces = [...new Set(described.map(({ namespace }) => namespace))];
    const lists = await Promise.all(
      namespaces.map(async (namespace) => {
        const { items }: { items: Running[] } = JSON.parse(
          await this.kubectl(['get', kind, '-n', namespace, '-o', 'json']),
        );
        return items.map((item): [string, Running] => [`${namespace}/${item.metadata.name}`, item]);
      }),
    );
    return new Map(lists.flat());
  }

  /** Words that lead kubectl to the cluster. */
  where = (): string[] => [
    ...(this.kubeconfig ? ['--kubeconfig', this.kubeconfig] : []),
    ...(this.context ? ['--context', this.context] : []),
  ];

  /** Runs kubectl to its end, whatever that is. */
  tool = (words: readonly string[], options: ToolOptions = {}): Promise<Ended> =>
    runTool('kubectl', [...this.where(), ...words], options);

  /** @returns what kubectl wrote @throws Error with what it said when it fails */
  kubectl = (words: readonly string[], options: ToolOptions = {}): Promise<string> =>
    runWell('kubectl', [...this.where(), ...words], options);
}

/** A pod, as far as its secrets are read here. */
interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly volumes?: readonly {
      readonly projected?: { readonly sources: readonly { readonly secret?: { readonly name: string } }[] };
    }[];
  };
  readonly status: { readonly phase: string };
}

const secretsOf = ({ volumes = [] }: Pod['spec']): Set<string | undefined> =>
  new Set(volumes.flatMap(({ projected }) => projected?.sources ?? []).map(({ secret }) => secret?.name));

/** What a program writes first, nothing where it ends before, or is silent for too long. */
async function firstOutput(
  child: ChildProcessByStdio<null, Readable, Readable>,
  stop: AbortSignal | undefined,
): Promise<string> {
  const limit = AbortSignal.timeout(answerSeconds * 1000);
  const signal = stop ? AbortSignal.any([stop, limit]) : limit;
  const written = once(child.stdout.setEncoding('utf8'), 'data', { signal }).then(([text]: string[]) => text ?? '');
  const ended = once(child, 'close', { signal }).then(() => '');
  return Promise.race([written, ended]).catch((error: Error) => {
    if (signal.aborted) return '';
    throw error;
  });
}

/** A node, as far as it is read here. */
export interface Node {
  /** An image that nothing names any more has null. */
  readonly status: { readonly images?: readonly { readonly names: readonly string[] | null }[] };
}

/** The names of images that a node tells: also those of Docker Hub as they are described, without it. */
export const imagesOn = ({ status }: Node): string[] =>
  (status.images ?? [])
    .flatMap(({ names }) => names ?? [])
    .flatMap((name) => [name, name.replace(/^docker\.io\/(library\/)?/, '')]);

/**
 * The namespace that outlives what is deployed: that of Terraform's state, where it is in the cluster. A namespace of the
 * environment's own comes and goes with its stacks, one of others stays.
 */
function shelfNamespace(stacks: readonly SynthesizedStack[]): string {
  const ofState = stacks[0]?.backend.kubernetes?.namespace;
  const [made] = resourcesOf(stacks, 'kubernetes_namespace_v1');
  const [workload] = resourcesOf(stacks, 'kubernetes_deployment_v1');
  return ofState ?? (made ? 'stockops' : workload?.resource.metadata.namespace);
}

/** A node knows an image by its digest or by its tag: beside a digest the tag counts for nothing. */
export const nameOnNodes = (image: string): string => image.replace(/:[\w.-]+@/, '@');

/** The copies of what runs, in a cluster. */
export interface Copies {
  /** That are to run. */
  readonly wanted: number;
  /** That are well, those of before a rollout too. */
  readonly serving: number;
  /** That are well, and as they were last described. */
  readonly ready: number;
  /** Whether the cluster has seen how it was last described. */
  readonly isSeen: boolean;
}

/** How many copies of a Deployment, StatefulSet or DaemonSet there are. */
export function copiesOf({ metadata, spec, status }: Running): Copies {
  const serving = status.numberReady ?? status.readyReplicas ?? 0;
  const isSeen = (status.observedGeneration ?? 0) >= metadata.generation;
  // A rollout that is under way, or does not come to its end, leaves those of before.
  const there = status.desiredNumberScheduled ?? status.replicas ?? 0;
  const ofBefore = Math.max(0, there - (status.updatedNumberScheduled ?? status.updatedReplicas ?? 0));
  return {
    wanted: status.desiredNumberScheduled ?? spec.replicas ?? 1,
    serving,
    ready: isSeen ? Math.max(0, serving - ofBefore) : 0,
    isSeen,
  };
}

function isWell(found: Running): boolean {
  const { wanted, serving, isSeen } = copiesOf(found);
  return isSeen && serving >= wanted;
}
