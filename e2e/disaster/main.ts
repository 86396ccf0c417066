import { parseArgs } from 'node:util';
import type { Cleanup } from '../../bench/child';
import { runWithCleanup } from '../run-with-cleanup';
import { synthesizeStacks } from '../terraform';
import { keepTheTimes, killInACopy, loseTheDatabase, returnToAMoment } from './chapters';
import { Deployment } from './deployment';
import { DockerTarget } from './docker';
import { loseEverything } from './everything';
import { loseEverythingToAMoment } from './everything-to-a-moment';
import { KubernetesTarget } from './kubernetes';
import { Steps } from './steps';
import type { Target } from './target';
import { runWithABucket } from './with-a-bucket';

/**
 * The database's volume is destroyed under a write load, and everything is brought back from a copy; then a point in time, and copies
 * and drills while processes are killed. With --everything, all that is deployed is destroyed, and one command brings it back; with
 * --to-a-moment, as it was between two writes; with --s3, from a bucket that has encrypted copies.
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

const { values: options } = parseArgs({
  options: {
    target: { type: 'string' },
    everything: { type: 'boolean', default: false },
    'to-a-moment': { type: 'boolean', default: false },
    s3: { type: 'string' },
  },
});

async function main(cleanup: Cleanup): Promise<void> {
  if (options.s3) {
    process.exitCode = await runWithABucket(options.s3, withoutBucket(process.argv.slice(2)), cleanup);
    return;
  }
  const target = chosenTarget();
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
    for (const chapter of chosenChapters()) await chapter(steps, deployment);
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

function chosenTarget(): Target {
  const make = targets[options.target ?? ''];
  if (make) return make();
  throw new Error(`--target ${options.target} is unknown; allowed: ${Object.keys(targets).join(', ')}`);
}

function chosenChapters(): readonly Chapter[] {
  if (options['to-a-moment']) return [loseEverythingToAMoment];
  return options.everything ? [loseEverything] : ofTheDatabase;
}

const withoutBucket = (words: readonly string[]): string[] => {
  const index = words.indexOf('--s3');
  return words.filter((_, place) => place !== index && place !== index + 1);
};

runWithCleanup(main);
