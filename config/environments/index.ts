import { ConfigurationError } from '../configuration-error';
import { type EnvironmentConfig, type EnvironmentName, environmentNames } from '../environment';
import { dev } from './dev';
import { local } from './local';
import { production } from './production';
import { staging } from './staging';

export const environments: Readonly<Record<EnvironmentName, EnvironmentConfig>> = { local, dev, staging, production };

/**
 * The environment called `name`.
 * @throws ConfigurationError that lists the known names; nothing defaults to production, or to anything.
 */
export function environmentByName(name: string): EnvironmentConfig {
  const known = environmentNames.find((candidate) => candidate === name);
  if (!known) {
    throw new ConfigurationError(`unknown environment "${name}", allowed: ${environmentNames.join(', ')}`);
  }
  return environments[known];
}
