import type { Progress } from '../cli/progress';
import type { EnvironmentOf } from '../environment';
import { manifestFile } from './manifest';
import { requireMarked, type Store } from './store';
import { noSuchCopy, type Verification, verifyCopy } from './verification';

/**
 * Reads one copy, or every copy there is.
 *
 * @throws Refusal when there is no copy of the name
 */
export async function verifyCopies(
  store: Store,
  environment: EnvironmentOf<'store'>,
  id: string | undefined,
  progress: Progress,
  signal?: AbortSignal,
): Promise<(Verification & { id: string })[]> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  // One whose manifest was changed is there, and damaged.
  if (id !== undefined && (await store.readText(`${id}/${manifestFile}`)) === undefined) throw noSuchCopy(store, id);
  const found: (Verification & { id: string })[] = [];
  for (const each of id === undefined ? (await store.contents()).copies : [id]) {
    const verification = await progress.step(`reading ${each}`, (tell) => verifyCopy(store, each, tell, signal));
    found.push({ id: each, ...verification });
  }
  return found;
}
