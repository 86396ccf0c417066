import { ConfigurationError } from '../config/configuration-error';
import { maxReplicas } from '../config/fields';
import type { Place } from '../config/place';
import type { Environment } from '../constructs/workload/environment';
import { boundaryOf, Workload, type WorkloadProps } from '../constructs/workload/workload';

type Quota = Place['quota'];

/**
 * Refuses an environment whose workloads do not fit into its namespace when every autoscaler is at its end and all are
 * in the middle of a roll: an apply would wait for pods that nobody starts. An engine has no quota.
 * @throws ConfigurationError naming each quota that is too small, what is needed, and by whom.
 */
export function refuseAboveQuota(environment: Environment): void {
  const { config } = environment;
  if (config.target !== 'kubernetes') return;
  const limited = environment.all(Workload).filter(({ props }) => boundaryOf(props.kind) === 'workloads');
  const problems = (Object.keys(config.quota) as Array<keyof Quota>).flatMap((resource) => {
    const needed = limited.map((workload) => ({ component: workload.component, amount: most(workload)[resource] }));
    const total = needed.reduce((sum, { amount }) => sum + amount, 0);
    if (total <= config.quota[resource]) return [];
    const shares = needed.filter(({ amount }) => amount > 0).map(({ component, amount }) => `${component} ${amount}`);
    return `  quota.${resource}: got ${config.quota[resource]}, allowed: ${total} or more, the most there can be at a time (${shares.join(', ')})`;
  });
  if (problems.length > 0) throw new ConfigurationError([`environment "${config.name}":`, ...problems].join('\n'));
}

/** What a workload takes when it takes most. A preparation runs before its container, in the same place. */
function most({ props, companion, volumes }: Workload): Quota {
  const pods = mostPods(props);
  return {
    cpuMillicores: pods * (props.cpuMillicores + (companion?.cpuMillicores ?? 0)),
    memoryMiB: pods * (props.memoryMiB + (companion?.memoryMiB ?? 0)),
    storageGiB: volumes.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
    pods,
  };
}

/** While a service rolls, those that still finish what they have begun count beside all of the new. */
function mostPods(props: WorkloadProps): number {
  if (props.kind !== 'service') return 1;
  return maxReplicas(props.scale) * (props.update === 'recreate' ? 1 : 2);
}
