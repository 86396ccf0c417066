import type { EnvironmentOf } from '../environment';
import { FolderStore } from './folder-store';
import type { Store } from './store';

/** The store that the environment names: a folder, or a bucket. */
export async function openStore(environment: EnvironmentOf<'store'>): Promise<Store> {
  if (!environment.BACKUP_STORE.startsWith('s3://')) return new FolderStore(environment.BACKUP_STORE);
  // Loaded here alone: it takes longer to load than all the rest.
  const { S3Store } = await import('../backup/s3-store.js');
  return new S3Store(environment);
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
