import type { z } from 'zod';
import { type databasePool, maxReplicas, type Scale } from './fields';
import type { Rule } from './rule';

/** Open connections at which DatabaseConnectionHigh fires (manual 4.2); all that may be open stay below it. */
export const databaseConnectionAlert = 80;

type Pool = { readonly databasePool: z.output<typeof databasePool> };

/** A process asks after its database's health on a connection of its own. */
const connectionsOf = ({ databasePool: { size, maxOverflow } }: Pool): number => size + maxOverflow + 1;

/** What the exporter has open while it is scraped, and the most that its role may have (constructs/postgres/monitor.sql). */
const exporterConnections = 2;

/** What is open while a copy is made and an operator asks; what receives the log is none of them (constructs/postgres/backup.sql). */
const backupConnections = 6;

/** Pods a rollout adds to those there are. */
const surge = 1;

/**
 * All connections there may be in the middle of a rollout: one API pod more than there are, and of the workers, which may
 * go on with their jobs for as long as these take, all of the old beside all of the new. The scheduler rolls like one pod,
 * upkeep is one, copies have theirs, and a server of ours that is watched has an exporter.
 */
export function connectionRule({
  api,
  worker,
  scheduler,
  postgres,
  backup,
  observability,
}: {
  api: Pool & { readonly scale: Scale };
  worker: Pool & { readonly scale: Scale };
  scheduler: Pool;
  postgres: { readonly topology: string };
  backup?: unknown;
  observability?: unknown;
}): Rule {
  const isWatched = observability !== undefined && postgres.topology !== 'existing';
  const connections =
    (maxReplicas(api.scale) + surge) * connectionsOf(api) +
    2 * maxReplicas(worker.scale) * connectionsOf(worker) +
    (1 + surge) * connectionsOf(scheduler) +
    1 +
    (backup ? backupConnections : 0) +
    (isWatched ? exporterConnections : 0);
  return {
    isBroken: connections >= databaseConnectionAlert,
    path: '*.databasePool',
    got: connections,
    allowed: `fewer than ${databaseConnectionAlert} connections over all replicas in the middle of a rollout, where DatabaseConnectionHigh fires`,
  };
}
