import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../command';

export type GoTool = 'promtool' | 'amtool';

/**
 * The path of promtool or amtool: what the environment variable PROMTOOL or AMTOOL says, or one built from tools/go.mod.
 *
 * @throws Error where there is neither
 */
export function goTool(name: GoTool): string {
  const variable = name.toUpperCase();
  const given = process.env[variable];
  if (given) return given;
  try {
    return execFileSync('go', ['-C', join(repositoryRoot, 'tools'), 'tool', '-n', name], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new Error(`${name} cannot be built: set ${variable} to a ${name}, or install Go`, { cause: error });
  }
}
