import path from 'node:path';
import type { Progress } from '../cli/progress';
import { Lock, type Taking } from '../ledger/lock';
import { checkoutFolder, withCheckout } from '../place/claimed-checkout';
import type { Place } from '../place/place';
import { requireCheckout } from '../place/synthesized';
import { openToDeploy } from './open-environment';

export interface Owning extends Taking {
  environment: string;
  /** @default that of this program */
  root?: string | undefined;
  progress: Progress;
  signal: AbortSignal;
}

/** An environment that nobody else works on meanwhile. */
export interface Owned {
  /** The checkout that describes it. */
  root: string;
  place: Place;
  /** Folder for what Terraform says. */
  logs: string;
  progress: Progress;
  /** Also aborted when the lock is lost. */
  signal: AbortSignal;
}

/**
 * Does some work on an environment under its lock, and gives that back.
 *
 * @throws Refusal naming who has the lock, or the checkout
 */
export function owning<T>(options: Owning, work: (owned: Owned) => Promise<T>): Promise<T> {
  const { environment, root = requireCheckout(), progress } = options;
  return withCheckout(root, async () => {
    const { place } = await openToDeploy(environment, progress, root);
    const lock = await Lock.take(place.shelf, options);
    const signal = AbortSignal.any([options.signal, lock.lost]);
    try {
      return await work({ root, place, logs: path.join(checkoutFolder(root), environment), progress, signal });
    } catch (error) {
      throw lock.lost.aborted ? lock.lost.reason : error;
    } finally {
      await lock.release();
    }
  });
}
