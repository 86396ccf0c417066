import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { type Owned, type Owning, owning } from '../deploy/owning';
import { type Reviewed, readReviewed } from '../deploy/reviewed';
import { readOperationsEnvironment } from '../environment';
import { Refusal } from '../failures';
import {
  beginDeployment,
  commandOf,
  type Deployment,
  type DeploymentJournal,
  endAsFailed,
  listDeployments,
  newDeploymentId,
  openDeployment,
} from '../ledger/deployments';
import { requireNotFrozen } from '../ledger/freeze';
import { thisOperator } from '../ledger/operator';
import type { Place } from '../place/place';
import { runTool } from '../place/tool';
import { unifiedDiff } from '../unified-diff';
import { walk } from '../walk/walk';
import { configurationIn, revisionIn, whyNotHere } from './configured';
import { raiseRevision } from './raise-revision';
import type { RotatedSecret } from './rotated-secrets';
import { fileOfEnvironment, type Rotating, rotateSteps, stackHash } from './steps';

/** What becomes of the text that is in use before: it is good beside the new one, or refused. */
export type Former = 'kept' | 'void';

export interface RotateOptions extends Omit<Owning, 'command'> {
  secret: RotatedSecret;
  /** @default as the secret says */
  former: Former | undefined;
}

/** What a rotation does to the file of an environment. */
export interface RotationPlan {
  file: string;
  revision: number;
  to: number;
  /** For people. */
  lines: string[];
}

/** What would be raised, or what was begun. @throws Refusal where the secret is not made anew here, or the file is not written as ours are */
export async function planRotation(
  root: string,
  place: Place,
  secret: RotatedSecret,
  former?: Former,
): Promise<RotationPlan> {
  const file = fileOfEnvironment(place.environment);
  const last = (await listDeployments(place.shelf)).at(-1);
  if (last && !last.finishedAt && last.rotation?.secret === secret.name) {
    const { from: revision, to } = last.rotation;
    return {
      file,
      revision,
      to,
      lines: [`goes on with what ${last.owner} began at ${last.startedAt}: revision ${to}`],
    };
  }
  const configuration = configurationIn(place.stacks);
  const why = whyNotHere(configuration, secret);
  if (why) throw new Refusal(why);
  const revision = revisionIn(configuration, secret);
  const to = revision + raisesOf(secret, former);
  const before = readFileSync(path.join(root, file), 'utf8');
  return { file, revision, to, lines: unifiedDiff(file, before, raiseRevision(before, secret.setting, to)) };
}

/** Of two in turn the first raise leaves the one that was in use valid, and the second takes its place. */
function raisesOf({ name, isInTurn, voids }: RotatedSecret, former: Former | undefined): number {
  if (!isInTurn && former === 'kept')
    throw new UsageError(`there is one ${name} at a time, so that the former one cannot be kept; leave out --former`);
  return isInTurn && (former ? former === 'void' : voids) ? 2 : 1;
}

/**
 * Makes a secret anew under load: raises its revision, deploys what that changes, waits for who has the former one, and asks who checks
 * it. Whatever ended a run, another one goes on from there.
 *
 * @returns its record
 * @throws Refusal where the wrong one is taken, or the right one not
 */
export function rotate(options: RotateOptions): Promise<DeploymentJournal> {
  const { environment, secret } = options;
  return owning({ ...options, command: `rotate ${secret.name} ${environment}` }, async (owned) => {
    const reviewed = await readReviewed(owned.root, environment);
    const journal = await begunOrNew(owned, reviewed, options);
    const { KUBE_CONFIG_PATH: kubeconfig } = readOperationsEnvironment('deploy');
    const rotating: Rotating = { ...owned, secret, journal, kubeconfig };
    try {
      await walk(rotateSteps(rotating), journal, owned.progress, owned.signal);
      return journal;
    } catch (error) {
      await stopped(rotating, error as Error);
      throw error;
    }
  });
}

/** It is gone on with by another run, unless it changed nothing. */
async function stopped({ journal, progress, signal }: Rotating, error: Error): Promise<void> {
  const { rotation } = journal.content;
  if (error instanceof Refusal && !signal.aborted && rotation?.raised === rotation?.from)
    return endAsFailed(journal, error.message);
  progress.note(`it stopped half way; go on with it: ${commandOf(journal.content)}`);
  if (!signal.aborted) await journal.note({ reason: error.message });
}

/** @throws Refusal where something else did not come to its end, or what runs is not what this checkout describes */
async function begunOrNew(
  { root, place, progress }: Owned,
  reviewed: Reviewed,
  { secret, former, message }: RotateOptions,
): Promise<DeploymentJournal> {
  const { shelf, environment, image, stacks } = place;
  const before = await listDeployments(shelf);
  const last = before.at(-1);
  if (last && !last.finishedAt) return begun(last, place, reviewed, secret);
  await requireNotFrozen(shelf, environment);
  await requireCommitted(root, environment, reviewed);
  requireDeployed(before, place, reviewed);
  const { revision, to } = await planRotation(root, place, secret, former);
  progress.note(`${secret.name}: revision ${revision} -> ${to}`);
  const { planHash, commit } = reviewed;
  return beginDeployment(shelf, {
    id: newDeploymentId(),
    environment,
    kind: 'rotate',
    ...{ owner: thisOperator().owner, host: thisOperator().host },
    ...(message && { message }),
    ...(commit && { commit }),
    planHash,
    image,
    state: 'under way',
    rotation: {
      secret: secret.name,
      from: revision,
      to,
      raised: revision,
      applied: Object.fromEntries(stacks.map((stack) => [stack.name, stackHash(stack)])),
      proofs: [],
    },
  });
}

/** One that did not come to its end, from the checkout in which it was begun. */
async function begun(
  last: Deployment & { readonly startedAt: string },
  { shelf }: Place,
  { commit }: Reviewed,
  { name }: RotatedSecret,
): Promise<DeploymentJournal> {
  if (last.rotation?.secret !== name) {
    throw new Refusal(
      `${last.kind} ${last.id} of ${last.owner} was begun at ${last.startedAt} and is ${last.state}; it comes to its end first: ${commandOf(last)}`,
    );
  }
  if (last.commit !== commit) {
    throw new Refusal(
      `the rotation was begun at commit ${last.commit ?? '?'} and this checkout is at ${commit ?? '?'}; go on with it at that one, with the file of the environment as it was left there`,
    );
  }
  return (await openDeployment(shelf, last.id)) as DeploymentJournal;
}

/** What is applied beside the revision was reviewed. */
async function requireCommitted(
  root: string,
  environment: string,
  { differing, uncommitted }: Reviewed,
): Promise<void> {
  const file = fileOfEnvironment(environment);
  const { status } = await runTool('git', ['diff', '--quiet', 'HEAD', '--', file], { cwd: root });
  const open = [...(status === 0 ? [] : [file]), ...uncommitted, ...differing];
  if (open.length === 0) return;
  throw new Refusal(
    `nothing was changed: ${[...new Set(open)].join(', ')} not committed, or not what this checkout describes; npm run plans, commit, deploy, and rotate then`,
  );
}

/** Anything else would be deployed with the revision, without being watched. */
function requireDeployed(before: readonly Deployment[], { environment, image }: Place, { planHash }: Reviewed): void {
  const last = before.findLast(
    ({ runs, kind, state }) => runs !== undefined || (kind === 'rotate' && state === 'good'),
  );
  if (!last) return;
  const isDeployed =
    last.kind !== 'rollback' && last.state === 'good' && last.planHash === planHash && last.image === image;
  if (isDeployed) return;
  throw new Refusal(
    `nothing was changed: what this checkout describes (${image}) is not what was deployed and found good last (${last.kind} ${last.id}: ${last.image}, commit ${last.commit ?? '?'}, ${last.state}); deploy it first: stockops deploy ${environment}`,
  );
}
