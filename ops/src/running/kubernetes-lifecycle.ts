import type { KubernetesPlace } from '../place/kubernetes-place';
import { type Resource, resourcesOf, type SynthesizedStack } from '../place/synthesized';
import type { Lifecycle } from './lifecycle';

const endSeconds = 300;
const rolloutSeconds = 600;

/** What can be scaled, as Terraform and as kubectl call it. */
const scaled = { kubernetes_deployment_v1: 'deployment', kubernetes_stateful_set_v1: 'statefulset' } as const;

/** In a cluster: a workload without copies, and a schedule that is suspended. */
export class KubernetesLifecycle implements Lifecycle {
  constructor(
    readonly place: KubernetesPlace,
    readonly signal: AbortSignal,
  ) {}

  async start(stack: SynthesizedStack): Promise<void> {
    for (const { kind, metadata, replicas } of workloadsOf(stack)) {
      // What runs keeps its number: something may have scaled it.
      const words = ['scale', `${kind}/${metadata.name}`, '-n', metadata.namespace, `--replicas=${replicas}`];
      if ((await this.#replicasOf(kind, metadata)) === '0') await this.#kubectl(words);
    }
    await this.#suspend(stack, false);
  }

  async stop(stack: SynthesizedStack, there: ReadonlySet<string>): Promise<readonly string[]> {
    await this.#suspend(stack, true);
    const workloads = workloadsOf(stack).filter(({ name }) => there.has(name));
    for (const { kind, metadata } of workloads) {
      await this.#kubectl(['scale', `${kind}/${metadata.name}`, '-n', metadata.namespace, '--replicas=0']);
    }
    for (const { metadata } of workloads) {
      const which = ['pod', '-n', metadata.namespace, '-l', `app.kubernetes.io/instance=${metadata.name}`];
      const { status, said } = await this.place.tool(['wait', '--for=delete', `--timeout=${endSeconds}s`, ...which], {
        signal: this.signal,
      });
      if (status !== 0 && !said.includes('no matching resources')) throw new Error(said.trim());
    }
    const agents = resourcesOf([stack], 'kubernetes_daemon_set_v1').filter(({ name }) => there.has(name));
    return agents.map(({ name }) => `${name} goes on: it is of the nodes, and cannot be scaled`);
  }

  async restart(component: string): Promise<void> {
    const { kind, namespace, name } = this.place.workload(component);
    const which = [`${kind}/${name}`, '-n', namespace];
    await this.#kubectl(['rollout', 'restart', ...which]);
    await this.#kubectl(['rollout', 'status', ...which, `--timeout=${rolloutSeconds}s`]);
  }

  async #suspend(stack: SynthesizedStack, isSuspended: boolean): Promise<void> {
    const patch = JSON.stringify({ spec: { suspend: isSuspended } });
    for (const { resource } of resourcesOf([stack], 'kubernetes_cron_job_v1')) {
      const { name, namespace } = resource.metadata;
      const found = await this.#kubectl(['get', 'cronjob', name, '-n', namespace, '--ignore-not-found', '-o', 'name']);
      if (found === '') continue;
      await this.#kubectl(['patch', 'cronjob', name, '-n', namespace, '-p', patch]);
    }
  }

  #replicasOf = (kind: string, { name, namespace }: Resource): Promise<string> =>
    this.#kubectl(['get', kind, name, '-n', namespace, '-o', 'jsonpath={.spec.replicas}']);

  #kubectl = (words: readonly string[]): Promise<string> => this.place.kubectl(words, { signal: this.signal });
}

interface Scalable {
  readonly name: string;
  readonly kind: string;
  readonly metadata: Resource;
  readonly replicas: number;
}

/** With the copies that are described: of one that scales by itself, those it begins with. */
function workloadsOf(stack: SynthesizedStack): Scalable[] {
  const scalers = resourcesOf([stack], 'kubernetes_horizontal_pod_autoscaler_v2').map(({ resource }) => resource.spec);
  const leastOf = (name: string): number =>
    scalers.find(({ scale_target_ref: target }) => target.name === name)?.min_replicas ?? 1;
  return Object.entries(scaled).flatMap(([type, kind]) =>
    resourcesOf([stack], type).map(({ name, resource: { metadata, spec } }) => ({
      name,
      kind,
      metadata,
      replicas: Number(spec.replicas ?? leastOf(metadata.name)),
    })),
  );
}
