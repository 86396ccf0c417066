import path from 'node:path';
import { FolderStore } from '../backup/folder-store';
import { markFile } from '../backup/store';
import { Refusal } from '../failures';
import { PointsInTime } from '../wal/points-in-time';
import { filesOf, recoveryPointFor } from '../wal/recovery-point';
import type { Step } from '../walk/walk';
import { archiveOf } from './archive';
import type { Recovering } from './recovering';
import { isFolder, isMoment } from './source';
import { inWorkload } from './workload';

/** The step that brings something into the store of the workload, and the one by whose end the database has it. */
export const receiveStepName = 'receive';
export const restoreStepName = 'restore';

/** The database of an environment whose workload `backup` is there: what is brought back goes into its store, and from there into the server. */
export function dataSteps(recovering: Recovering): Step[] {
  const { from, copy } = recovering.journal.content;
  const received = isMoment(copy) ? receivePointsStep(recovering) : receiveCopyStep(recovering);
  return [...(isFolder(from) ? [received] : []), restoreStep(recovering), tidyStep(recovering)];
}

/** The name of what is brought back in the store of the workload: a moment becomes a copy there when it is restored. */
async function copyInWorkload(recovering: Recovering): Promise<string | undefined> {
  const { copy } = recovering.journal.content;
  if (!isMoment(copy)) return copy;
  const { copies } = await stockops(recovering, ['backup', 'list']);
  return copies.find(({ snapshotAt, state }) => snapshotAt === copy && state === 'verified')?.id;
}

/** @throws Refusal where there is none */
export async function requireCopyInWorkload(recovering: Recovering): Promise<string> {
  const found = await copyInWorkload(recovering);
  if (found) return found;
  throw new Refusal(
    `the store of the workload has no verified copy of ${recovering.journal.content.copy}; see what there is: stockops backup list`,
  );
}

function receiveCopyStep(recovering: Recovering): Step {
  const { from, copy } = recovering.journal.content;
  return {
    name: receiveStepName,
    phase: 'data',
    text: `the copy ${copy} into the store of the workload`,
    isSo: async () => {
      const { copies } = await stockops(recovering, ['backup', 'list']);
      return copies.some(({ id, state }) => id === copy && state === 'verified');
    },
    act: async (tell) => {
      const input = archiveOf(path.join(from, copy), ['.']);
      const { state } = await stockops(recovering, ['backup', 'receive', copy], { input, tell });
      return `${state}`;
    },
  };
}

function receivePointsStep(recovering: Recovering): Step {
  const { from, copy } = recovering.journal.content;
  return {
    name: receiveStepName,
    phase: 'data',
    text: 'a base backup and the log after it into the store of the workload',
    isSo: async (hasEnded) => hasEnded,
    act: async (tell) => {
      const points = new PointsInTime(new FolderStore(from));
      const names = await filesOf(points, await recoveryPointFor(points, new Date(copy)));
      const input = archiveOf(from, [markFile, ...names]);
      await stockops(recovering, ['backup', 'receive-points'], { input, tell });
      return `${names.length} files`;
    },
  };
}

function restoreStep(recovering: Recovering): Step {
  const { journal, despiteKeys } = recovering;
  const { environment, copy } = journal.content;
  return {
    name: restoreStepName,
    phase: 'data',
    text: `the database, ${isMoment(copy) ? `as it was at ${copy}` : `from copy ${copy}`}`,
    isSo: async (hasEnded) => {
      const tables = await tablesOf(recovering);
      if (hasEnded || tables === 0) return tables > 0;
      // A run that was killed may have come so far.
      const id = await copyInWorkload(recovering);
      return id !== undefined && (await stockops(recovering, ['restore', 'compare', id])).ok;
    },
    act: async (tell) => {
      const id = await copyInWorkload(recovering);
      await requireEmpty(recovering, id);
      const what = id === undefined ? ['--time', copy] : [id];
      const words = ['restore', ...what, '--confirm', environment, ...(despiteKeys ? ['--despite-keys'] : [])];
      const { seconds } = await stockops(recovering, words, { tell });
      return `restored in ${seconds} s, every row compared with the manifest`;
    },
  };
}

/** @throws Refusal when the database has rows, which are not those of what is brought back */
async function requireEmpty(recovering: Recovering, id: string | undefined): Promise<void> {
  const { copy } = recovering.journal.content;
  const tables = await tablesOf(recovering);
  if (tables === 0) return;
  const rows = id === undefined ? undefined : (await stockops(recovering, ['restore', 'compare', id])).rows;
  if (rows === 0) return;
  throw new Refusal(
    `the database has ${rows === undefined ? '' : `${rows} rows in `}${tables} tables, and they are not those of ${copy}: somebody uses it, and nothing was changed; to put that in its place, with a way back: stockops restore ${id ?? `--time ${copy}`} (docs/backup.md)`,
  );
}

function tidyStep(recovering: Recovering): Step {
  return {
    name: 'tidy',
    phase: 'data',
    text: 'the empty database that gave way is dropped',
    isSo: async (hasEnded) => hasEnded,
    act: async () => {
      const words = ['restore', 'forget', '--confirm', recovering.journal.content.environment];
      return (await stockops(recovering, words)).dropped.join(', ');
    },
  };
}

const tablesOf = async (recovering: Recovering): Promise<number> =>
  (await stockops(recovering, ['restore', 'compare', '--tables'])).tables;

const stockops = (
  { place, signal }: Recovering,
  words: readonly string[],
  options: Parameters<typeof inWorkload>[2] = {},
) => inWorkload(place, words, { signal, ...options });
