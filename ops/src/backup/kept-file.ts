import { open, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Ends the name of a file that is being written. */
export const unfinishedFile = '.unfinished';

/** Replaces a small file so that it lasts through a power cut, whole or not at all. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}${unfinishedFile}`, text, { mode: 0o600, flush: true });
  await rename(`${file}${unfinishedFile}`, file);
  await sync(path.dirname(file));
}

/** Has what is written to a file, or the names in a folder, reach the disk. */
export async function sync(place: string): Promise<void> {
  const handle = await open(place, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
