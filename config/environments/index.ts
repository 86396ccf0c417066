import { ConfigurationError } from '../configuration-error';
import type { EnvironmentConfig } from '../environment';
import { environmentsIn } from '../environment-files';

/** Every environment there is: one file of this folder each. */
export const environments: readonly EnvironmentConfig[] = environmentsIn(__dirname);

export const environmentNames: readonly string[] = environments.map(({ name }) => name);

/**
 * The environment called `name`.
 * @throws ConfigurationError that lists the known names; nothing defaults to production, or to anything.
 */
export function environmentByName(name: string): EnvironmentConfig {
  const known = environments.find((candidate) => candidate.name === name);
  if (!known)
    throw new ConfigurationError(`there is no environment '${name}'; allowed: ${environmentNames.join(', ')}`);
  return known;
}
