import { type Deployment, listDeployments, listReleases } from '../ledger/deployments';
import { type Freeze, frozen } from '../ledger/freeze';
import { type Holder, lockHolder } from '../ledger/lock';
import type { Shelf } from '../ledger/shelf';
import type { Walked } from '../walk/journal';

/** What is known of an environment's deployments. */
export interface History {
  /** The newest last. */
  deployments: readonly (Deployment & Walked)[];
  /** Releases, the newest last. */
  goBackTo: readonly string[];
  holder: Holder | undefined;
  freeze: Freeze | undefined;
}

/** Reads it from where the environment is. */
export async function historyOf(shelf: Shelf): Promise<History> {
  const [deployments, releases, holder, freeze] = await Promise.all([
    listDeployments(shelf),
    listReleases(shelf),
    lockHolder(shelf),
    frozen(shelf),
  ]);
  return { deployments, goBackTo: releases.map(({ id }) => id), holder, freeze };
}
