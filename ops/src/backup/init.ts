import type { EnvironmentOf } from '../environment';
import { markOf, requireMarked, type Store } from './store';

/**
 * Marks the store as that of this environment; done once, it changes nothing.
 *
 * @throws Refusal when it is another environment's
 */
export async function initStore(
  store: Store,
  environment: EnvironmentOf<'store'>,
): Promise<{ place: string; isNew: boolean }> {
  const isNew = (await store.readMark()) === undefined;
  if (isNew) await store.writeMark(markOf(environment.STOCK_ENVIRONMENT));
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  return { place: store.place, isNew };
}
