import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environments } from '../config/environments';
import { platformApp, synthesize } from '../constructs/workload/app';
import { addSystem } from './system';

/**
 * What a reviewer reads: every stack of every environment as Terraform gets it, without what changes on its own.
 * Path below plans/ to text.
 */
export function renderPlans(): Map<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'plans-'));
  try {
    const app = platformApp(directory);
    const stacks = Object.values(environments).flatMap((config) => addSystem(app, config).stacks);
    synthesize(app);
    return new Map(
      stacks.map((stack) => {
        const synthesized = JSON.parse(readFileSync(join(directory, 'stacks', stack.node.id, 'cdk.tf.json'), 'utf8'));
        const path = `${stack.environment.config.name}/${stack.unit}.json`;
        return [path, `${JSON.stringify(normalise(synthesized), null, 2)}\n`];
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Drops cdktf's notes on its own version and paths; the hash of the application's sources is git's to show. */
function normalise(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => normalise(item, key));
  if (typeof value === 'string' && key === 'values') return JSON.parse(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '//')
      .map(([name, child]) => [name, key === 'triggers' ? '(hash of the sources)' : normalise(child, name)]),
  );
}
