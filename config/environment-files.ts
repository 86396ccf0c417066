import { readdirSync } from 'node:fs';
import { join, parse, relative } from 'node:path';
import { publishedPorts } from './components/exposure';
import { ConfigurationError } from './configuration-error';
import type { EnvironmentConfig } from './environment';
import { tiers } from './place';

/**
 * The environments of a folder, what depends least on it first: one file each, found by being there, its configuration
 * the default export.
 * @throws ConfigurationError for a file that holds none, one of another name, or two that would be in each other's way
 */
export function environmentsIn(folder: string): readonly EnvironmentConfig[] {
  const found = readdirSync(folder)
    .map((file) => parse(file))
    .filter(({ name, ext }) => ['.ts', '.js'].includes(ext) && name !== 'index' && !name.endsWith('.d'))
    .map(({ name }) => environmentIn(join(folder, name), name))
    .sort((a, b) => tiers.indexOf(a.tier) - tiers.indexOf(b.tier) || (a.name < b.name ? -1 : 1));
  refuseCollisions(found);
  return found;
}

function environmentIn(file: string, name: string): EnvironmentConfig {
  const path = relative(join(__dirname, '..'), `${file}.ts`);
  const { default: config } = require(file) as { default?: EnvironmentConfig };
  if (!config) throw new ConfigurationError(`${path} has no default export, allowed: defineEnvironment({ … })`);
  if (config.name !== name) {
    throw new ConfigurationError(`${path} defines environment "${config.name}", allowed: the name of its file`);
  }
  return config;
}

/**
 * What two environments must not both have where they may meet: on one Docker engine, in one cluster, on one server.
 * @throws ConfigurationError naming it, and both of them
 */
export function refuseCollisions(found: readonly EnvironmentConfig[]): void {
  const owners = new Map<string, string>();
  for (const config of found) {
    for (const taken of whatItTakes(config)) {
      const owner = owners.get(taken);
      if (owner) throw new ConfigurationError(`environments "${owner}" and "${config.name}" both have ${taken}`);
      owners.set(taken, config.name);
    }
  }
}

const whatItTakes = (config: EnvironmentConfig): string[] => [...placeOf(config), ...serversOf(config)];

/** A context holds a namespace once; environments that name no context may all be deployed to the same one. */
function placeOf({ target, namespace, kubernetesContext, gateway, exposure, hosts }: EnvironmentConfig): string[] {
  if (target === 'docker') {
    const ports = [gateway.localPort, ...publishedPorts(exposure)];
    return [`"${namespace}" as namespace on a Docker engine`, ...ports.map((port) => `port ${port}`)];
  }
  const context = kubernetesContext ? `context "${kubernetesContext}"` : 'any context';
  const isRouted = exposure.type === 'ingress' || exposure.type === 'gateway';
  return [
    ...[namespace, `${namespace}-agents`].map((name) => `namespace "${name}" in ${context}`),
    ...(isRouted ? hosts.map((host) => `host "${host}" at the entrance of ${context}`) : []),
  ];
}

/** Data that somebody else keeps: migrations, jobs and answers of one environment would be the other's too. */
function serversOf({ postgres, cache, queue }: EnvironmentConfig): string[] {
  const servers = Object.entries({ cache, queue }).flatMap(([component, server]) =>
    server.topology === 'existing' ? [`their ${component} at ${server.host}:${server.port}`] : [],
  );
  if (postgres.topology !== 'existing') return servers;
  return [...servers, `their database "${postgres.database}" at ${postgres.host}:${postgres.port}`];
}
