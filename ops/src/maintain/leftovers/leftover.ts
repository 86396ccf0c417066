import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { removeFolder } from '../../drill/owned-folder';

/** What this program made and did not take away. */
export interface Leftover {
  /** What it is, in words. */
  kind: string;
  path: string;
  bytes: number;
  changedAt: Date;
  /** Why it is left alone all the same; undefined: nobody needs it any more. */
  stays?: string;
}

/** Days after which nobody comes back to what can be made anew. */
const oldDays = 30;

export const isOld = (changedAt: Date, days = oldDays): boolean => Date.now() - changedAt.getTime() > days * 86_400_000;

/** With all that is below it; what is a link is no more than the link. */
export async function leftoverAt(kind: string, at: string): Promise<Leftover> {
  const all = await statsBelow(at);
  return {
    kind,
    path: at,
    bytes: all.reduce((sum, { size }) => sum + size, 0),
    changedAt: new Date(Math.max(0, ...all.map(({ mtimeMs }) => mtimeMs))),
  };
}

/** What is gone meanwhile is nothing. */
async function statsBelow(at: string): Promise<{ size: number; mtimeMs: number }[]> {
  const own = await lstat(at).catch(() => undefined);
  if (!own?.isDirectory()) return own ? [own] : [];
  const names = await readdir(at).catch(() => []);
  const below = await Promise.all(names.map((name) => statsBelow(path.join(at, name))));
  return [own, ...below.flat()];
}

/** Takes away what nobody needs, one after the other, until the signal. @returns what went */
export async function takeAway(leftovers: readonly Leftover[], signal: AbortSignal): Promise<Leftover[]> {
  const gone: Leftover[] = [];
  for (const each of leftovers.filter(({ stays }) => stays === undefined)) {
    signal.throwIfAborted();
    await removeFolder(each.path);
    gone.push(each);
  }
  return gone;
}
