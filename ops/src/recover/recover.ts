import { rmdir } from 'node:fs/promises';
import { claimFolder } from '../../../app/src/embedded/claim-folder';
import { EmbeddedError } from '../../../app/src/embedded/embedded-error';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { Refusal } from '../failures';
import { type Taking, underLock } from '../ledger/lock';
import { withCheckout } from '../place/claimed-checkout';
import { requireEnvironment } from '../place/synthesized';
import { Journal } from '../walk/journal';
import { type Step, walk } from '../walk/walk';
import { receiveStepName, restoreStepName } from './data-steps';
import { type Look, type Looking, look, requireEmpty } from './look';
import type { Recovering } from './recovering';
import {
  journalFolder,
  journalPage,
  openJournal,
  type Recovery,
  type RecoveryJournal,
  unfinishedRecoveries,
} from './recovery';
import { answeredStep, stepsOf } from './steps';

export interface RecoverOptions extends Omit<Looking, 'environment' | 'from'>, Omit<Taking, 'command'> {
  /** @default the one of which a recovery was begun */
  environment: string | undefined;
  /** @default that of the recovery which was begun */
  from: string | undefined;
  /** Only looks, and says what it would do. */
  isDry: boolean;
  /** Told what was found before anything is changed. @throws where it is not to go on */
  confirm(plan: RecoveryPlan): Promise<void>;
}

/** What a recovery would do, to be shown before it is confirmed. */
export interface RecoveryPlan extends Look {
  environment: string;
  from: string;
  steps: readonly Step[];
  /** The one that was begun, which this goes on with. */
  begun: RecoveryJournal | undefined;
}

/** How a recovery went. */
export interface Recovered {
  plan: RecoveryPlan;
  /** Undefined where it only looked. */
  journal: RecoveryJournal | undefined;
}

/**
 * Brings an environment back from nothing (manual 6.2): infrastructure, data, services, verification, while nobody else works on it. Whatever
 * ended a run, another one goes on from there. A freeze does not hinder it.
 *
 * @throws UsageError, Refusal or CannotTell, with what to do
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { root } = options;
  const environment = options.environment ?? (await begunEnvironment(root));
  refuseEmbedded(environment);
  requireEnvironment(environment, root);
  const folder = journalFolder(root, environment);
  const release = await claimed(folder, environment);
  try {
    return await withCheckout(root, () => lookAndRecover(environment, folder, options));
  } finally {
    await release();
    // Where nothing was begun nothing is left.
    await rmdir(folder).catch(() => undefined);
  }
}

async function lookAndRecover(environment: string, folder: string, options: RecoverOptions): Promise<Recovered> {
  const begun = await begunJournal(folder, options);
  const from = begun?.content.from ?? options.from;
  if (!from) throw new UsageError('which store? Say --from FOLDER, or --from s3://BUCKET/PREFIX');
  const found = await look({ ...options, environment, from, copy: options.copy ?? begun?.content.copy });
  if (!begun) await requireEmpty(found, { environment });
  const { copy, snapshotAt } = found.chosen;
  const recovery = { environment, from, copy, snapshotAt };
  if (begun && begun.content.copy !== copy) bringBackInstead(begun, recovery);
  const stepsWith = (journal: RecoveryJournal, signal: AbortSignal) =>
    stepsOf(recovering(found, journal, folder, { ...options, signal }));
  const plan = {
    ...found,
    environment,
    from,
    begun,
    steps: stepsWith(begun ?? Journal.planned(journalPage(folder), recovery), options.signal),
  };
  if (options.isDry) return { plan, journal: undefined };
  await options.confirm(plan);
  const taking = { ...options, command: `recover ${environment}` };
  return underLock(found.place.shelf, taking, async (signal) => {
    const journal = begun ?? (await Journal.begin(journalPage(folder), recovery));
    await walk(stepsWith(journal, signal), journal, options.progress, signal);
    return { plan, journal };
  });
}

/** Seconds from the beginning, whatever interrupted it, until customers were answered. */
export function rtoSeconds(journal: RecoveryJournal): number {
  const { startedAt, finishedAt = startedAt } = journal.content;
  const answeredAt = journal.step(answeredStep)?.endedAt ?? finishedAt;
  return Math.round((Date.parse(answeredAt) - Date.parse(startedAt)) / 1000);
}

function recovering(
  { stacks, place, access }: Look,
  journal: RecoveryJournal,
  logs: string,
  options: RecoverOptions,
): Recovering {
  const { despiteKeys, signal } = options;
  return { journal, logs, place, stacks, keys: access, apiKey: access.STOCK_API_KEY, despiteKeys, signal };
}

async function begunEnvironment(root: string): Promise<string> {
  const begun = await unfinishedRecoveries(root);
  if (begun.length === 1) return begun[0] as string;
  throw new UsageError(
    begun.length === 0
      ? 'no recovery was begun here; say which environment, and --from which store'
      : `recoveries of ${begun.join(' and ')} were begun; say which`,
  );
}

function refuseEmbedded(environment: string): void {
  if (environment !== 'embedded') return;
  throw new UsageError(
    'the embedded product has no infrastructure to bring back: start it once (npm start), stop it, then: BACKUP_STORE=FOLDER npm run stockops -- restore',
  );
}

/**
 * The journal of a recovery that was not finished.
 *
 * @throws Refusal when it is of something else: another copy or moment may be wanted as long as none was restored
 */
async function begunJournal(folder: string, { from, copy }: RecoverOptions): Promise<RecoveryJournal | undefined> {
  const journal = await openJournal(folder);
  if (!journal || journal.content.finishedAt) return undefined;
  const { content, page } = journal;
  const mayBeOther = !journal.hasEnded(restoreStepName);
  const isIt = (from ?? content.from) === content.from && (mayBeOther || (copy ?? content.copy) === content.copy);
  if (isIt) return journal;
  throw new Refusal(
    `a recovery of ${content.environment} from ${content.from}, of ${content.copy}, was begun at ${content.startedAt}; go on with it: --resume; or remove what it made, move ${page.place} away, and begin anew`,
  );
}

/** Is written with the next step. */
function bringBackInstead({ content }: RecoveryJournal, recovery: Recovery): void {
  content.steps = content.steps.filter(({ name }) => name !== receiveStepName && name !== restoreStepName);
  Object.assign(content, recovery);
}

async function claimed(folder: string, environment: string): Promise<() => Promise<void>> {
  return claimFolder(folder).catch((error: Error) => {
    if (!(error instanceof EmbeddedError)) throw error;
    throw new Refusal(
      `another recover of ${environment} is at work (${folder}/process-id has its number); wait for it`,
    );
  });
}
