import path from 'node:path';
import type { Progress } from '../cli/progress';
import { type Taking, underLock } from '../ledger/lock';
import { checkoutFolder, withCheckout } from '../place/claimed-checkout';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { requireCheckout } from '../place/synthesized';
import { openToDeploy } from './open-environment';

export interface Owning extends Taking {
  environment: string;
  /** @default that of this program */
  root?: string | undefined;
  progress: Progress;
}

/** An environment that nobody else works on meanwhile. */
export interface Owned {
  /** The checkout that describes it. */
  root: string;
  place: DockerPlace | KubernetesPlace;
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
    const logs = path.join(checkoutFolder(root), environment);
    return underLock(place.shelf, options, (signal) => work({ root, place, logs, progress, signal }));
  });
}
