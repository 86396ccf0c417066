import { lstat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isOld, type Leftover, leftoverAt } from './leftover';

/** As mkdtemp names the folders that this program synthesizes into, or asks the state of Terraform from. */
const form = /^stockops-[A-Za-z0-9]{6}$/;
/** All that it puts there. */
const ofSynthesis = new Set(['manifest.json', 'stacks', 'main.tf.json', '.terraform', '.terraform.lock.hcl']);

/** Longer than any look takes. */
const leftDays = 1;

/** Folders of looks that were killed, of this user, with nothing else in them. */
export async function temporaryLeftovers(above = tmpdir()): Promise<Leftover[]> {
  const names = (await readdir(above)).filter((name) => form.test(name));
  const found = await Promise.all(names.map((name) => leftoverOf(path.join(above, name))));
  return found.flat();
}

async function leftoverOf(folder: string): Promise<Leftover[]> {
  const { uid } = await lstat(folder);
  if (uid !== process.getuid?.()) return [];
  const files = await readdir(folder).catch(() => ['no folder']);
  if (!files.every((file) => ofSynthesis.has(file))) return [];
  const found = await leftoverAt('what a look that was killed synthesized', folder);
  return [{ ...found, ...(!isOld(found.changedAt, leftDays) && { stays: 'it may be in use: it was changed today' }) }];
}
