import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError } from './embedded-error';

/** By these the programs are known that claim a folder: the embedded product, and what operates an environment. */
const programs = /embedded|stockops/;

/** Whether the process is one of these programs; after a crash, its number may be that of another one. */
async function isRunning(processId: number): Promise<boolean> {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // Where the system does not tell what it runs, it is taken for one of them.
  const told = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(() => undefined);
  return told === undefined || programs.test(told);
}

async function readProcessId(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text) return Number(text);
  // It was made a moment ago, or its writer died in between.
  await sleep(200);
  return Number(await readFile(file, 'utf8').catch(() => ''));
}

async function requireEnded(processId: number, folder: string, file: string): Promise<void> {
  if (!processId || !(await isRunning(processId))) return;
  throw new EmbeddedError(
    `process ${processId} already runs in ${folder}; stop it, or choose another folder with --folder PATH (if ${processId} is something else, remove ${file})`,
  );
}

/**
 * Claims the folder for this process, so that a second start does not stop the database of the first.
 *
 * @returns what gives it back
 * @throws EmbeddedError when another process has it
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(path.dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'process-id');
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await requireEnded(await readProcessId(file), folder, file);
    // Of several that see the old claim one moves it away; another may move that one's new claim, and puts it back.
    const old = `${file}.${randomUUID()}`;
    await rename(file, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    const moved = await readProcessId(old);
    if (moved && (await isRunning(moved))) await rename(old, file);
    await rm(old, { force: true });
  }
}
