import { parseArgs } from 'node:util';
import { synthesizeStacks } from '../terraform';
import { keepTheTimes, killInACopy, loseTheDatabase, returnToAMoment } from './chapters';
import { Deployment } from './deployment';
import { DockerTarget } from './docker';
import { loseEverything } from './everything';
import { KubernetesTarget } from './kubernetes';
import { Steps } from './steps';
import type { Target } from './target';

/**
 * The database's volume is destroyed under a write load, and everything is brought back from a copy; then a point in time, and copies
 * and drills while processes are killed. With --everything, all that is deployed is destroyed, and one command brings it back.
 * See docs/end-to-end.md.
 */
const targets: Readonly<Record<string, () => Target>> = {
  kubernetes: () => new KubernetesTarget(),
  docker: () => new DockerTarget(),
};
type Chapter = (steps: Steps, deployment: Deployment) => Promise<void>;
const ofTheDatabase: readonly Chapter[] = [killInACopy, loseTheDatabase, returnToAMoment, keepTheTimes];
/** Nobody watches this run but itself. */
const deployed = ['platform', 'data', 'application', 'backup'];

async function main(): Promise<void> {
  const { target, chapters } = chosen();
  target.refuseToOverwrite();
  target.begin();
  const { name: environment } = target.config;
  const steps = new Steps();
  // Data that is protected comes back without that its protection is lifted.
  const deployment = new Deployment(target, synthesizeStacks(environment, {}));
  try {
    await steps.take('deployed', () => {
      for (const kind of deployed) deployment.stack(kind).apply();
    });
    await deployment.openGateway();
    await steps.take('rows loaded', () => deployment.loadRows());
    for (const chapter of chapters) await chapter(steps, deployment);
  } catch (error) {
    // What is destroyed now may fail as well.
    console.error(error);
    throw error;
  } finally {
    console.log(steps.table());
    for (const stack of synthesizeStacks(environment, { ALLOW_DESTROY: environment }).toReversed()) stack.destroy();
    await target.end();
  }
}

function chosen(): { target: Target; chapters: readonly Chapter[] } {
  const { values } = parseArgs({ options: { target: { type: 'string' }, everything: { type: 'boolean' } } });
  const make = targets[values.target ?? ''];
  if (!make) throw new Error(`--target ${values.target} is unknown; allowed: ${Object.keys(targets).join(', ')}`);
  return { target: make(), chapters: values.everything ? [loseEverything] : ofTheDatabase };
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
