import type { DeploymentV1SpecTemplateSpec } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { Toleration } from '../../config/cluster';
import type { Place } from '../../config/place';
import { makesPriorities, type Priority, priorityClassName } from './priority';
import type { Workload } from './workload';

type PlacedPod = Pick<
  DeploymentV1SpecTemplateSpec,
  'nodeSelector' | 'toleration' | 'priorityClassName' | 'runtimeClassName'
>;

/** Where the pods of a workload run. An agent is on every node, tainted ones too, with what its nodes run containers by. */
export function placementOf(place: Pick<Place, 'name' | 'cluster'>, workload: Workload, priority: Priority): PlacedPod {
  const { component, props } = workload;
  const { components = {}, ...all } = place.cluster?.placement ?? {};
  const own = Object.hasOwn(components, component) ? components[component] : undefined;
  const ours = makesPriorities(place) ? priorityClassName(place, priority) : undefined;
  const { nodeSelector, tolerations, priorityClass = ours, runtimeClass } = { ...all, ...own };
  if (props.kind === 'agent') return { toleration: [{ operator: 'Exists' }], priorityClassName: priorityClass };
  return {
    nodeSelector,
    toleration: tolerations?.map(tolerated),
    priorityClassName: priorityClass,
    runtimeClassName: runtimeClass,
  };
}

const tolerated = ({ key, value, effect, seconds }: Toleration) => ({
  key,
  operator: value === undefined ? 'Exists' : 'Equal',
  value,
  effect,
  tolerationSeconds: seconds === undefined ? undefined : `${seconds}`,
});
