import type { EnvironmentOf } from '../environment';
import { FolderStore } from './folder-store';
import type { Store } from './store';

/** The store that the environment names. */
export async function openStore(environment: EnvironmentOf<'store'>): Promise<Store> {
  return new FolderStore(environment.BACKUP_STORE);
}

/** Works with the store that the environment names. */
export async function withStore<T>(
  environment: EnvironmentOf<'store'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(environment);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
