import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Journal, journalSchema } from '../walk/journal';
import { FilePage } from '../walk/page';

const recovery = {
  environment: z.string(),
  /** Store that the copy is of. */
  from: z.string(),
  /** The copy, or the moment, that is brought back. */
  copy: z.string(),
  /** That moment, or when the copy was made. */
  snapshotAt: z.iso.datetime(),
};
const schema = journalSchema(recovery);

/** What is brought back, and where to. */
export type Recovery = z.output<z.ZodObject<typeof recovery>>;
export type RecoveryJournal = Journal<Recovery>;

/** Outside git. */
const journals = path.join('.local', 'recover');

/** Where the journal of an environment is, and what Terraform said. */
export const journalFolder = (root: string, environment: string): string => path.join(root, journals, environment);

export const journalPage = (folder: string): FilePage => new FilePage(path.join(folder, 'journal.json'));

export const openJournal = (folder: string): Promise<RecoveryJournal | undefined> =>
  Journal.open<Recovery>(journalPage(folder), schema);

/** Environments of which a recovery was begun and not finished. */
export async function unfinishedRecoveries(root: string): Promise<string[]> {
  const names = await readdir(path.join(root, journals)).catch(() => []);
  const found = await Promise.all(names.map((name) => openJournal(journalFolder(root, name))));
  return found.flatMap((journal) => (journal && !journal.content.finishedAt ? [journal.content.environment] : []));
}
