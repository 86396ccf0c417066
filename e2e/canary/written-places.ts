import path from 'node:path';
import type { EnvironmentConfig } from '../../config/environment';
import { environments } from '../../config/environments';
import { platformApp } from '../../constructs/workload/app';
import { addSystem } from '../../stacks/system';
import { filesBelow } from './files';
import type { Place } from './place';

/**
 * What Terraform is given, of every environment.
 *
 * @param folder where it is synthesized
 * @param config one more environment, one of whose hosts is the decoy
 */
export function synthesizedOutput(folder: string, config: EnvironmentConfig, decoy: string): Place {
  for (const each of [...environments, config]) {
    const app = platformApp(path.join(folder, each.name));
    addSystem(app, each);
    app.synth();
  }
  return { name: 'synthesized output', decoy, read: () => filesBelow(folder) };
}

/** What is reviewed. It is committed, so that nothing can be put there: a host of production is looked for instead. */
export const committedPlans = (root: string): Place => ({
  name: 'plans/',
  decoy: 'api.stockanalysis.com',
  read: () => filesBelow(path.join(root, 'plans')),
});
