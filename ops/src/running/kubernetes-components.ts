import { copiesOf, type KubernetesPlace, type Running, running } from '../place/kubernetes-place';
import { resourcesOf } from '../place/synthesized';
import { type Component, type Found, notThere } from './component';

/** What kubectl tells of a workload, as far as it is read here. */
interface Workload extends Running {
  readonly spec: Running['spec'] & { readonly template: { readonly spec: PodSpec } };
  readonly status: Running['status'] & {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

interface PodSpec {
  readonly containers: readonly { readonly name: string; readonly image: string }[];
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly running?: object;
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode: number };
  };
  readonly lastState?: {
    readonly terminated?: { readonly reason?: string; readonly exitCode: number; readonly finishedAt?: string };
  };
}

/** A pod, as far as it is read here. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

const kinds = Object.values(running).join(',');

/** Deployments, StatefulSets and DaemonSets of an environment, and how they are. */
export async function kubernetesComponents(place: KubernetesPlace, signal?: AbortSignal): Promise<Component[]> {
  const described = Object.entries(running).flatMap(([type, kind]) =>
    resourcesOf(place.stacks, type).map((found) => ({ ...found, kind })),
  );
  const namespaces = [...new Set(described.map(({ resource }) => resource.metadata.namespace as string))];
  const lists = await Promise.all(namespaces.map((namespace) => listed(place, namespace, signal)));
  const workloads = new Map(lists.flatMap((list) => list.workloads));
  const pods = lists.flatMap((list) => list.pods);
  return described.map(({ stack, name, kind, resource: { metadata } }) => ({
    name,
    stack: stack.name,
    kind,
    ...stateOf(
      workloads.get(`${kind}/${metadata.namespace}/${metadata.name}`),
      pods.filter((pod) => isOf(pod, metadata)),
    ),
  }));
}

const isOf = ({ metadata }: Pod, of: { name: string; namespace: string }): boolean =>
  metadata.namespace === of.namespace && metadata.labels?.['app.kubernetes.io/instance'] === of.name;

/** What runs in a namespace; nothing where it is not there. */
async function listed(place: KubernetesPlace, namespace: string, signal: AbortSignal | undefined) {
  const ask = async (what: string) =>
    JSON.parse(await place.kubectl(['get', what, '-n', namespace, '-o', 'json'], { signal })).items;
  const [found, pods] = await Promise.all([ask(kinds), ask('pods')]);
  const workloads = (found as (Workload & { kind: string })[]).map((each): [string, Workload] => [
    `${each.kind.toLowerCase()}/${namespace}/${each.metadata.name}`,
    each,
  ]);
  return { workloads, pods: pods as Pod[] };
}

function stateOf(workload: Workload | undefined, pods: readonly Pod[]): Found {
  if (!workload) return notThere('it is not there');
  const { wanted, ready, serving } = copiesOf(workload);
  const containers = pods.flatMap((pod) => pod.status.containerStatuses ?? []);
  const ends = containers.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []).sort();
  const last = ends.at(-1);
  return {
    wanted,
    ready,
    serving,
    image: workload.spec.template.spec.containers[0]?.image,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    endedAt: last ? new Date(last) : undefined,
    fault: ready >= wanted ? undefined : (pods.flatMap((pod) => faultOf(pod) ?? [])[0] ?? conditionOf(workload)),
  };
}

/** Why a pod is not ready: what keeps its containers, or it, from starting. */
export function faultOf({ status }: Pod): string | undefined {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const { name, state, lastState } of containers) {
    const { waiting, terminated } = state;
    const before = lastState?.terminated;
    const ended = before ? ` after exit code ${before.exitCode}${before.reason ? `, ${before.reason}` : ''}` : '';
    if (waiting?.reason && waiting.reason !== 'PodInitializing') {
      return `${name}: ${waiting.reason}${ended}${waiting.message ? `: ${waiting.message}` : ''}`;
    }
    if (terminated && terminated.exitCode !== 0) return `${name}: ended with ${terminated.exitCode}`;
  }
  const condition = status.conditions?.find((each) => each.status === 'False' && each.message);
  return condition && `${condition.type} is false: ${condition.message}`;
}

const conditionOf = ({ status }: Workload): string =>
  status.conditions?.find((each) => each.status === 'False' && each.message)?.message ?? 'no pod of it is ready yet';
