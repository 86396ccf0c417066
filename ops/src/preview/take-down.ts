import { rm } from 'node:fs/promises';
import { Refusal } from '../failures';
import { underLock } from '../ledger/lock';
import { thisOperator } from '../ledger/operator';
import { environmentNames, requireCheckout } from '../place/synthesized';
import { type Step, walk } from '../walk/walk';
import { destroyStep } from './destroy-step';
import { openPreview, type PreviewJournal, previewPage } from './preview';
import { PreviewCluster, type Where } from './preview-cluster';
import { requirePreviewName } from './preview-name';
import { standingOf } from './standing';
import { type PreviewWork, workFolder } from './terraform-step';

interface TakingDown {
  name: string;
  breakLock?: string | undefined;
  /** Leaves it where its time has not passed, looked at when nobody else works on it. */
  onlyPast?: boolean;
  signal: AbortSignal;
}

/** What became of a preview. */
export type TakenDown = 'taken down' | 'not there' | 'stays';

/**
 * Takes a preview down, and all that is kept of it: the stacks that were applied, in reverse order, as they were applied.
 *
 * @throws Refusal where something of it stays; the same command goes on
 */
export async function takeDown(options: TakingDown & Where): Promise<TakenDown> {
  const { name, root = requireCheckout() } = options;
  requirePreviewName(name, environmentNames(root));
  return takeDownIn(await PreviewCluster.open({ ...options, root }), options);
}

/** As takeDown, of a cluster that was opened. */
export async function takeDownIn(cluster: PreviewCluster, options: TakingDown): Promise<TakenDown> {
  const { name, onlyPast = false } = options;
  requirePreviewName(name, environmentNames(cluster.root));
  if (!(await isThere(cluster, name))) return 'not there';
  const shelf = cluster.shelfOf(name);
  return underLock(shelf, { ...options, command: `preview down ${name}` }, async (signal, lock) => {
    const journal = await openPreview(shelf);
    if (journal && onlyPast && !(await isPast(cluster, journal))) return 'stays';
    if (journal) await goDown(cluster, journal, signal);
    await lock.retire();
    return journal ? 'taken down' : 'not there';
  });
}

/** @throws Refusal for what is kept of an environment that is no preview */
async function isThere(cluster: PreviewCluster, name: string): Promise<boolean> {
  const shelf = cluster.shelfOf(name);
  const pages = await shelf.list('');
  const others = [...pages.keys()].filter((page) => page !== 'lock');
  if (others.length === 0 || pages.has(previewPage)) return pages.size > 0;
  throw new Refusal(`${name} is no preview: ${others.join(', ')} in ${shelf.place}; nothing was done`);
}

async function isPast(cluster: PreviewCluster, { content }: PreviewJournal): Promise<boolean> {
  const namespaces = await cluster.namespaces(content.name);
  return standingOf(content, namespaces, await cluster.clocks()).is === 'past';
}

async function goDown(cluster: PreviewCluster, journal: PreviewJournal, signal: AbortSignal): Promise<void> {
  const { name, namespaces, stacks, operator: before } = journal.content;
  await cluster.requireOwn(name, namespaces);
  const { owner, host } = thisOperator();
  await journal.note({ state: 'going down', operator: { owner, host } });
  const work: PreviewWork = { root: cluster.root, journal, before, signal };
  const destroyed = stacks.toReversed().map((stack) => destroyStep(work, stack));
  await walk([...destroyed, sweepStep(cluster, name), stateStep(cluster, journal)], journal, cluster.progress, signal);
  await rm(workFolder(cluster.root, name), { recursive: true, force: true });
}

/** Of a state that was lost Terraform knows nothing. */
const sweepStep = (cluster: PreviewCluster, name: string): Step => ({
  name: 'sweep',
  phase: 'down',
  text: 'whatever else has its label',
  act: async () => {
    const left = await cluster.sweep(name);
    return left.length === 0 ? 'nothing was left' : `deleted ${left.join(', ')}`;
  },
});

const stateStep = (cluster: PreviewCluster, { content }: PreviewJournal): Step => ({
  name: 'state',
  phase: 'down',
  text: 'the state of its stacks',
  act: async () => {
    const stays = await Promise.all(content.stacks.map((stack) => cluster.forgetState(stack)));
    const told = stays.filter((each) => each !== undefined);
    return told.length === 0 ? 'nothing is kept of it' : `delete by hand: ${told.join('; ')}`;
  },
});
