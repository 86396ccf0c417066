import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder that tells by its name which process it belongs to. What processes left that are no longer is removed first; a folder
 * of one that is at work stays.
 *
 * @param prefix of the names, without digits
 * @param beforeRemoved ends what may still work in a folder that was left
 */
export async function makeOwnedFolder(
  above: string,
  prefix: string,
  beforeRemoved: (left: string) => Promise<void> = async () => undefined,
): Promise<string> {
  await mkdir(above, { recursive: true, mode: 0o700 });
  for (const left of await leftFolders(above, prefix)) {
    await beforeRemoved(left);
    await removeFolder(left);
  }
  return mkdtemp(path.join(above, `${prefix}${process.pid}-${await beganAt(process.pid)}-`));
}

/** Folders of a prefix whose processes are no more; none where there is nothing. */
export async function leftFolders(above: string, prefix: string): Promise<string[]> {
  const names = (await readdir(above).catch(() => [])).filter((name) => name.startsWith(prefix));
  const owned = await Promise.all(names.map(async (name) => ({ name, isInUse: await isAtWork(ownerIn(name)) })));
  return owned.filter(({ isInUse }) => !isInUse).map(({ name }) => path.join(above, name));
}

/** With all that is in it, also while something still writes there. */
export const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 5 });

interface Owner {
  processId: number;
  beganAt: string;
}

function ownerIn(name: string): Owner | undefined {
  const [, processId, beganAt] = /-(\d+)-(\d+)-/.exec(name) ?? [];
  return beganAt === undefined ? undefined : { processId: Number(processId), beganAt };
}

/** Its number alone may be that of another by now, such as of the first process of a container that was started again. */
async function isAtWork(owner: Owner | undefined): Promise<boolean> {
  if (owner === undefined) return false;
  return owner.beganAt === untold ? isThere(owner.processId) : (await beganAt(owner.processId)) === owner.beganAt;
}

function isThere(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of whatever process, where the system does not tell. */
const untold = '0';

/** In ticks since the machine began. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function beganAt(processId: number): Promise<string> {
  const told = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => '');
  // The name in brackets may have anything in it; the 22nd field is the 20th behind it.
  return told.slice(told.lastIndexOf(')') + 2).split(' ')[19] ?? untold;
}
