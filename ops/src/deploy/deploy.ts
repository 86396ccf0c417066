import { readOperationsEnvironment } from '../environment';
import { Inconclusive, Refusal } from '../failures';
import {
  beginDeployment,
  commandOf,
  type DeploymentJournal,
  endAsFailed,
  listDeployments,
  listReleases,
  newDeploymentId,
  openDeployment,
  type Release,
  runningRelease,
} from '../ledger/deployments';
import { requireNotFrozen } from '../ledger/freeze';
import { thisOperator } from '../ledger/operator';
import { walk } from '../walk/walk';
import { requireRefusing } from './concerning';
import { type Owned, type Owning, owning } from './owning';
import { type Reviewed, readReviewed } from './reviewed';
import { backSteps, type Deploying, deploySteps, ofRelease, preflightName } from './steps';

export interface DeployOptions extends Omit<Owning, 'command'> {
  /** Begins although another deployment was begun here and did not come to its end. */
  anew: boolean;
  /** How long the release is watched; 0 calls it good without that. */
  soakSeconds: number;
  /** Ids of checks of the doctor that are to be no reason to stop. */
  despite: readonly string[];
}

/**
 * Deploys what a checkout describes: looks, applies, watches, and goes back where the release is seen to be bad. Whatever ended a run,
 * another one goes on from there.
 *
 * @returns its record
 * @throws Refusal when it is not there, or was undone; Inconclusive when it is there and too little is known to call it good
 */
export async function deploy(options: DeployOptions): Promise<DeploymentJournal> {
  requireRefusing(options.despite);
  return owning({ ...options, command: `deploy ${options.environment}` }, async (owned) => {
    const { shelf } = owned.place;
    await requireNotFrozen(shelf, options.environment);
    const reviewed = await readReviewed(owned.root, options.environment);
    const releases = await listReleases(shelf);
    const journal = await begunOrNew(owned, reviewed, releases, options);
    const from = releases.find(({ id }) => id === journal.content.from);
    const { STOCK_API_KEY: apiKey } = readOperationsEnvironment('deploy');
    const { soakSeconds, despite } = options;
    return walkDeployment({ ...owned, journal, reviewed, from, apiKey, soakSeconds, despite });
  });
}

/** @throws Refusal where another deployment did not come to its end */
async function begunOrNew(
  { place }: Owned,
  { planHash, commit }: Reviewed,
  releases: readonly Release[],
  { anew, message }: DeployOptions,
): Promise<DeploymentJournal> {
  const { shelf, environment, image } = place;
  const before = await listDeployments(shelf);
  const last = before.at(-1);
  if (last && !last.finishedAt) {
    const journal = (await openDeployment(shelf, last.id)) as DeploymentJournal;
    const isSame = last.kind === 'deploy' && last.planHash === planHash && last.image === image;
    if (isSame || (last.state === 'going back' && !anew)) return journal;
    if (!anew) {
      throw new Refusal(
        `${last.kind} ${last.id} of ${last.owner} was begun at ${last.startedAt} and is ${last.state}: ${last.image}, commit ${last.commit ?? '?'}; go on with it there: ${commandOf(last)}, go back: stockops rollback ${environment}, or leave it as it is: --anew`,
      );
    }
    await endAsFailed(journal, 'left as it was, for another one');
  }
  const from = fromOf(releases, runningRelease(before));
  return beginDeployment(shelf, {
    id: newDeploymentId(),
    environment,
    kind: 'deploy',
    ...{ owner: thisOperator().owner, host: thisOperator().host },
    ...(message && { message }),
    ...(commit && { commit }),
    planHash,
    image,
    ...(from && { from }),
    state: 'under way',
  });
}

/** The one that runs where that is good, or the newest that was. */
const fromOf = (releases: readonly Release[], running: string | undefined): string | undefined =>
  (releases.find(({ id }) => id === running) ?? releases.at(-1))?.id;

async function walkDeployment(deploying: Deploying): Promise<DeploymentJournal> {
  const { journal, progress, signal } = deploying;
  if (journal.content.state === 'going back') return goBack(deploying);
  await journal.note({ state: 'under way' });
  const steps = deploySteps(deploying);
  try {
    await walk(steps, journal, progress, signal);
    return journal;
  } catch (error) {
    if (signal.aborted) throw error;
    const { message } = error as Error;
    const unfinished = journal.content.steps.find(({ endedAt }) => endedAt === undefined);
    const step = steps.find(({ name }) => name === unfinished?.name);
    if (error instanceof Inconclusive) await journal.note({ state: 'inconclusive', reason: message });
    else if (error instanceof Refusal && step?.phase === ofRelease) {
      await journal.note({ state: 'going back', reason: message });
      progress.note(message);
      return goBack(deploying);
    } else if (error instanceof Refusal || step?.name === preflightName) await endAsFailed(journal, message);
    throw error;
  }
}

/** Goes back to the release that was good, and says so. */
async function goBack(deploying: Deploying): Promise<never> {
  const { journal, progress, from, signal } = deploying;
  const { reason = '' } = journal.content;
  try {
    if (!from) throw new Refusal('no release of it was good yet, so there is none to go back to; it stays as it is');
    await walk(backSteps(deploying, from, 'rolled back'), journal, progress, signal);
  } catch (error) {
    if (!(error instanceof Refusal) || signal.aborted) throw error;
    const message = `going back failed: ${error.message}\nit was to undo: ${reason}`;
    await endAsFailed(journal, message);
    throw new Refusal(message);
  }
  throw new Refusal(`rolled back to release ${from.id} (${from.image}): ${reason}`);
}
