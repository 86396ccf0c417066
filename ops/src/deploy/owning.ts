import path from 'node:path';
import { claimFolder } from '../../../app/src/embedded/claim-folder';
import { EmbeddedError } from '../../../app/src/embedded/embedded-error';
import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import { Lock, type Taking } from '../ledger/lock';
import type { Place } from '../place/place';
import { requireCheckout } from '../place/synthesized';
import { openEnvironment } from './open-environment';

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
export async function owning<T>(options: Owning, work: (owned: Owned) => Promise<T>): Promise<T> {
  const { environment, root = requireCheckout(), progress } = options;
  const folder = path.join(root, '.local', 'deploy');
  const release = await claimed(folder);
  try {
    const { place } = await openEnvironment(environment, progress, root);
    const lock = await Lock.take(place.shelf, options);
    const signal = AbortSignal.any([options.signal, lock.lost]);
    try {
      return await work({ root, place, logs: path.join(folder, environment), progress, signal });
    } catch (error) {
      throw lock.lost.aborted ? lock.lost.reason : error;
    } finally {
      await lock.release();
    }
  } finally {
    await release();
  }
}

/** Synthesis writes into one folder of the checkout. */
async function claimed(folder: string): Promise<() => Promise<void>> {
  return claimFolder(folder).catch((error: Error) => {
    if (!(error instanceof EmbeddedError)) throw error;
    throw new Refusal(
      `another deployment works in this checkout (${folder}/process-id has its number); wait for it, or use another one`,
    );
  });
}
