import type { EnvironmentOf } from '../environment';
import { listCopies } from './list';
import { decide, type Verdict } from './retention';
import { requireMarked, type Store } from './store';

/**
 * Says which copies no rule keeps, and takes them away where that is wanted.
 *
 * @param deletes false only tells
 */
export async function pruneCopies(
  store: Store,
  environment: EnvironmentOf<'prune'>,
  deletes: boolean,
  now = new Date(),
): Promise<Verdict[]> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const { copies } = await listCopies(store);
  const candidates = copies.flatMap(({ id, manifest, verification: { state } }) =>
    // A copy whose manifest cannot be read is for a person to look at.
    manifest ? [{ id, snapshotAt: new Date(manifest.snapshotAt), state }] : [],
  );
  const policy = {
    last: environment.BACKUP_KEEP_LAST,
    daily: environment.BACKUP_KEEP_DAILY,
    weekly: environment.BACKUP_KEEP_WEEKLY,
    monthly: environment.BACKUP_KEEP_MONTHLY,
  };
  const verdicts = decide(candidates, policy, now);
  if (deletes) for (const { id, isKept } of verdicts) if (!isKept) await store.remove(id);
  return verdicts;
}
