import { type Deployment, knownMigrations, listDeployments, listReleases, runningRelease } from '../ledger/deployments';
import { type Freeze, frozen } from '../ledger/freeze';
import { type Holder, lockHolder } from '../ledger/lock';
import type { Shelf } from '../ledger/shelf';
import type { Walked } from '../walk/journal';
import { whyNotTo } from './release';

/** What is known of an environment's deployments. */
export interface History {
  /** The newest last. */
  deployments: readonly (Deployment & Walked)[];
  /** The release that runs, as far as the ledger knows. */
  running: string | undefined;
  /** The newest last. */
  releases: readonly { id: string; image: string; version: string; whyNot: string | undefined }[];
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
  const applied = knownMigrations(deployments);
  return {
    deployments,
    running: runningRelease(deployments),
    releases: releases.map((release) => {
      const { id, image, version } = release;
      return { id, image, version, whyNot: whyNotTo(release, { applied, deployments }) };
    }),
    holder,
    freeze,
  };
}
