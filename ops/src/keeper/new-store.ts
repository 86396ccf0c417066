import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { initStore } from '../backup/init';
import { requireMarked, type Store } from '../backup/store';
import type { EnvironmentOf } from '../environment';

/**
 * Marks a store that is new, and only where it lies on a volume of its own: a mount that is missing leaves an empty folder of
 * the root file system, which is none.
 *
 * @throws Refusal when it is not marked otherwise
 */
export async function initNewStore(store: Store, environment: EnvironmentOf<'store'>): Promise<void> {
  if ((await store.readMark()) === undefined && (await isNew(environment.BACKUP_STORE)))
    await initStore(store, environment);
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
}

/** An empty folder of a mounted volume, or an empty bucket. */
async function isNew(place: string): Promise<boolean> {
  if (!place.startsWith('/')) return true;
  const parent = path.dirname(place);
  const [ofParent, ofRoot] = [await stat(parent).catch(() => undefined), await stat('/')];
  if (!ofParent || ofParent.dev === ofRoot.dev) return false;
  await mkdir(place, { recursive: true, mode: 0o700 });
  return (await readdir(place)).length === 0;
}
