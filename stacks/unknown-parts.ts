import { ConfigurationError } from '../config/configuration-error';
import { volumeId } from '../constructs/workload/data-volume';
import type { Environment } from '../constructs/workload/environment';
import { Workload } from '../constructs/workload/workload';

/**
 * Refuses settings of components and volumes that are not there: a misspelt name would leave them as all others.
 * @throws ConfigurationError naming each, and those there are
 */
export function refuseUnknownParts(environment: Environment): void {
  const { name, cluster } = environment.config;
  const workloads = environment.all(Workload);
  const components = workloads.map(({ component }) => component);
  const volumes = workloads.flatMap((workload) => workload.volumes.map((volume) => volumeId(workload, volume)));
  const problems = [
    ...unknown('cluster.placement.components', cluster?.placement?.components, components),
    ...unknown('cluster.storage.classes', cluster?.storage?.classes, volumes),
    ...unknown('cluster.storage.existingClaims', cluster?.storage?.existingClaims, volumes),
  ];
  if (problems.length > 0) throw new ConfigurationError([`environment "${name}":`, ...problems].join('\n'));
}

const unknown = (path: string, settings: object | undefined, known: readonly string[]): string[] =>
  Object.keys(settings ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => `  ${path}.${name}: unknown name, allowed: ${[...known].sort().join(', ')}`);
