import { ConfigurationError } from '../config/configuration-error';
import { keptData } from '../config/kept-data';
import type { Environment } from '../constructs/workload/environment';
import { Secret } from '../constructs/workload/secret';
import { Workload } from '../constructs/workload/workload';

/**
 * What an environment's data hangs on, a line each: its namespace, its claims with where they are mounted and who reads
 * them, its Secrets. Another one is an empty one, and the old one is destroyed.
 */
export function dataAnchors(environment: Environment): string[] {
  const claims = environment.all(Workload).flatMap(({ name, props }) => {
    if (props.kind !== 'stateful') return [];
    const [repository = ''] = props.image.reference.split(/[:@](?!.*\/)/);
    const [major] = props.image.version.split('.');
    return `claim ${name}-data at ${props.volume.path} of ${repository.replace(/^.*\//, '')} ${major}`;
  });
  const secrets = environment.all(Secret).map(({ name }) => `secret ${name}`);
  return [`namespace ${environment.config.namespace}`, ...claims, ...secrets];
}

/**
 * Refuses an environment that protects its data and no longer has what that hangs on; ALLOW_DESTROY lifts it as it lifts
 * the protection.
 * @throws ConfigurationError naming what is gone, what is there instead, and how to move.
 */
export function refuseMovedData(environment: Environment): void {
  const { name, deletionProtection } = environment.config;
  const present = dataAnchors(environment);
  const kept = keptData.get(name) ?? [];
  const gone = kept.filter((line) => !present.includes(line));
  if (!deletionProtection || gone.length === 0) return;
  const added = present.filter((line) => !kept.includes(line));
  throw new ConfigurationError(
    [
      `environment "${name}": data would be left behind or destroyed`,
      ...gone.map((line) => `  is there now: ${line}`),
      ...added.map((line) => `  would be:     ${line}`),
      '  allowed: what is there now. To move, dump the data, deploy beside the old, load the dump, and only then',
      '  change config/kept-data.ts (docs/runbooks/move-data.md)',
    ].join('\n'),
  );
}
