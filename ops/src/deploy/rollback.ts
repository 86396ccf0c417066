import { readOperationsEnvironment } from '../environment';
import { Refusal } from '../failures';
import {
  beginDeployment,
  type DeploymentJournal,
  endAsFailed,
  knownMigrations,
  listDeployments,
  listReleases,
  newDeploymentId,
  openDeployment,
  type Release,
  runningRelease,
} from '../ledger/deployments';
import { thisOperator } from '../ledger/operator';
import { walk } from '../walk/walk';
import { type Owned, type Owning, owning } from './owning';
import { askApplication, releaseBefore, whyNotTo } from './release';
import { backSteps } from './steps';

export interface RollbackOptions extends Omit<Owning, 'command'> {
  /** @default the newest good release before the one that runs */
  to: string | undefined;
}

/** What was gone back to. */
export interface RolledBack {
  journal: DeploymentJournal;
  to: Release;
}

/**
 * Puts the application of a good release in the place of the one that runs; data stay as they are. A freeze does not hinder it.
 *
 * @throws Refusal where there is no such release, or a migration took away what it needs
 */
export function rollback(options: RollbackOptions): Promise<RolledBack> {
  return owning({ ...options, command: `rollback ${options.environment}` }, async (owned) => {
    const { journal, to } = await begunOrNew(owned, options);
    const { STOCK_API_KEY: apiKey } = readOperationsEnvironment('deploy');
    try {
      await walk(backSteps({ ...owned, journal, apiKey }, to, 'good'), journal, owned.progress, owned.signal);
      return { journal, to };
    } catch (error) {
      if (error instanceof Refusal && !owned.signal.aborted) await endAsFailed(journal, error.message);
      throw error;
    }
  });
}

async function begunOrNew({ place }: Owned, { to: wanted, message }: RollbackOptions): Promise<RolledBack> {
  const { shelf, environment } = place;
  const [before, releases] = await Promise.all([listDeployments(shelf), listReleases(shelf)]);
  const last = before.at(-1);
  const begun = last && !last.finishedAt ? await openDeployment(shelf, last.id) : undefined;
  const isSame = begun?.content.kind === 'rollback' && (wanted ?? begun.content.from) === begun.content.from;
  if (begun && isSame) return { journal: begun, to: releaseBefore(releases, undefined, begun.content.from) };
  const to = releaseBefore(releases, runningRelease(before), wanted);
  // What does not answer, perhaps because it is bad, is believed to have what the ledger says.
  const applied = await askApplication(place).then(
    (told) => told.applied,
    () => knownMigrations(before),
  );
  const reason = whyNotTo(to, { applied, deployments: before });
  if (reason) throw new Refusal(`it cannot go back: ${reason}`);
  if (begun) await endAsFailed(begun, `left by a rollback to ${to.id}`);
  const journal = await beginDeployment(shelf, {
    id: newDeploymentId(),
    environment,
    kind: 'rollback',
    ...{ owner: thisOperator().owner, host: thisOperator().host },
    ...(message && { message }),
    ...(to.commit && { commit: to.commit }),
    planHash: to.planHash,
    image: to.image,
    from: to.id,
    state: 'under way',
  });
  return { journal, to };
}
