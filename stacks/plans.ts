import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentByName, environmentNames, environments } from '../config/environments';
import { platformApp } from '../constructs/workload/app';
import { mermaid } from '../constructs/workload/diagram';
import { committedEnvironments } from './kept/committed-plans';
import { planOf } from './kept/plan';
import { refuseForgotten } from './kept/refuse-forgotten';
import { addSystem, withSystem } from './system';

/**
 * What a reviewer reads: every stack of every environment as Terraform gets it, without what changes on its own, and
 * every environment's flows. Path below plans/ to text.
 * @throws ConfigurationError when they would hide that something is lost that was reviewed last
 */
export function renderPlans(): Map<string, string> {
  refuseForgotten(committedEnvironments(), environmentNames);
  const directory = mkdtempSync(join(tmpdir(), 'plans-'));
  try {
    const app = platformApp(directory);
    const systems = environments.map((config) => addSystem(app, config));
    app.synth();
    return new Map(
      systems.flatMap(({ environment, stacks }) => [
        ...stacks.map((stack): [string, string] => {
          const synthesized = JSON.parse(readFileSync(join(directory, 'stacks', stack.node.id, 'cdk.tf.json'), 'utf8'));
          return [`${environment.config.name}/${stack.unit}.json`, `${JSON.stringify(planOf(synthesized), null, 2)}\n`];
        }),
        [`${environment.config.name}/connections.txt`, `${environment.connections.describe().join('\n')}\n`],
      ]),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** README.md with the picture of the architecture as the local environment has it. */
export function renderReadme(readme: string): string {
  const diagram = withSystem(environmentByName('local'), ({ environment }) => mermaid(environment.connections));
  const picture = `<!-- architecture -->\n\n\`\`\`mermaid\n${diagram}\n\`\`\`\n\n<!-- /architecture -->`;
  return readme.replace(/<!-- architecture -->.*<!-- \/architecture -->/s, picture);
}
