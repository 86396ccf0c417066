import { Lock, type Taking } from '../ledger/lock';
import type { PreviewCluster } from './preview-cluster';

export interface Holding extends Taking {
  /** Of the preview. */
  name: string;
  signal: AbortSignal;
}

/** A preview that nobody else works on meanwhile. */
export interface Held {
  /** Also aborted when the lock is lost. */
  signal: AbortSignal;
  /** Takes all that is kept of it away, its lock at last. */
  retire(): Promise<void>;
}

/**
 * Works on a preview under its lock, and gives that back.
 *
 * @throws Refusal naming who works on it
 */
export async function holding<T>(
  cluster: PreviewCluster,
  options: Holding,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const lock = await Lock.take(cluster.shelfOf(options.name), options);
  const signal = AbortSignal.any([options.signal, lock.lost]);
  try {
    return await work({ signal, retire: () => lock.retire() });
  } catch (error) {
    throw lock.lost.aborted ? lock.lost.reason : error;
  } finally {
    await lock.release();
  }
}
