import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../command';

/** Each tool's Go module: kube-score needs older libraries of Kubernetes than Prometheus does. */
const modules = { promtool: 'tools', amtool: 'tools', 'kube-score': 'tools/gates' } as const;

export type GoTool = keyof typeof modules;

/**
 * The path of a tool: what the environment variable PROMTOOL, AMTOOL or KUBE_SCORE says, or one built from its go.mod.
 *
 * @throws Error where there is neither
 */
export function goTool(name: GoTool): string {
  const variable = name.toUpperCase().replaceAll('-', '_');
  const given = process.env[variable];
  if (given) return given;
  try {
    return execFileSync('go', ['-C', join(repositoryRoot, modules[name]), 'tool', '-n', name], {
      encoding: 'utf8',
    }).trim();
  } catch (error) {
    throw new Error(`${name} cannot be built: set ${variable} to a ${name}, or install Go`, { cause: error });
  }
}
