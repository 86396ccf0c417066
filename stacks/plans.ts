import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentByName, environments } from '../config/environments';
import { platformApp } from '../constructs/workload/app';
import { mermaid } from '../constructs/workload/diagram';
import { addSystem, withSystem } from './system';

/**
 * What a reviewer reads: every stack of every environment as Terraform gets it, without what changes on its own, and
 * every environment's flows. Path below plans/ to text.
 */
export function renderPlans(): Map<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'plans-'));
  try {
    const app = platformApp(directory);
    const systems = environments.map((config) => addSystem(app, config));
    app.synth();
    return new Map(
      systems.flatMap(({ environment, stacks }) => [
        ...stacks.map((stack): [string, string] => {
          const synthesized = JSON.parse(readFileSync(join(directory, 'stacks', stack.node.id, 'cdk.tf.json'), 'utf8'));
          return [
            `${environment.config.name}/${stack.unit}.json`,
            `${JSON.stringify(normalise(synthesized), null, 2)}\n`,
          ];
        }),
        [`${environment.config.name}/connections.txt`, `${environment.connections.describe().join('\n')}\n`],
      ]),
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
      .map(([name, child]) => [
        name,
        key === 'triggers' && name === 'sources' ? '(hash of the sources)' : normalise(child, name),
      ]),
  );
}

/** README.md with the picture of the architecture as the local environment has it. */
export function renderReadme(readme: string): string {
  const diagram = withSystem(environmentByName('local'), ({ environment }) => mermaid(environment.connections));
  const picture = `<!-- architecture -->\n\n\`\`\`mermaid\n${diagram}\n\`\`\`\n\n<!-- /architecture -->`;
  return readme.replace(/<!-- architecture -->.*<!-- \/architecture -->/s, picture);
}
