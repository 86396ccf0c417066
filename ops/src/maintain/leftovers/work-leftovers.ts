import path from 'node:path';
import { leftFolders } from '../../drill/owned-folder';
import { scratchPrefix } from '../../drill/scratch-server';
import { openedPrefix } from '../../restore/open-copy';
import { type Leftover, leftoverAt } from './leftover';

/** Where drills, and restores to a moment, work. */
const below = ['', 'drill', 'recover'];

/**
 * What drills and restores that were killed left in the folder for what is under way: opened copies are in clear. Who owned it is no more;
 * the next of its kind would take it away, which may be weeks.
 */
export async function workLeftovers(work: string): Promise<Leftover[]> {
  const above = below.map((folder) => path.join(work, folder));
  const opened = await left(above, openedPrefix, 'a copy in clear, of a process that was killed');
  const servers = await left(above, scratchPrefix, 'the server of a drill that was killed');
  const stays = 'it may run still: the next drill ends it, and takes it away';
  return [...opened, ...servers.map((server) => ({ ...server, stays }))];
}

async function left(above: readonly string[], prefix: string, kind: string): Promise<Leftover[]> {
  const folders = await Promise.all(above.map((folder) => leftFolders(folder, prefix)));
  return Promise.all(folders.flat().map((folder) => leftoverAt(kind, folder)));
}
