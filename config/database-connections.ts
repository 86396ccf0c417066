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

/** Connections that PostgreSQL keeps for superusers, as it does where nobody says otherwise. */
const reservedConnections = 3;

/** Pods a rollout adds to those there are. */
const surge = 1;

interface Clients {
  readonly api: Pool & { readonly scale: Scale };
  readonly worker: Pool & { readonly scale: Scale };
  readonly scheduler: Pool;
  readonly postgres: { readonly topology: string; readonly maxConnections?: number };
  readonly backup?: unknown;
  readonly observability?: unknown;
}

/**
 * Connections in the middle of a rollout of everything. The workers that go on with their jobs, for as long as these take,
 * are beside all of the new. The scheduler rolls like one pod, upkeep is one, copies have theirs, and a server of ours that
 * is watched has an exporter.
 *
 * @param apiPods of the API
 */
function connectionsWith(
  apiPods: number,
  { api, worker, scheduler, postgres, backup, observability }: Clients,
): number {
  const isWatched = observability !== undefined && postgres.topology !== 'existing';
  return (
    apiPods * connectionsOf(api) +
    2 * maxReplicas(worker.scale) * connectionsOf(worker) +
    (1 + surge) * connectionsOf(scheduler) +
    1 +
    (backup ? backupConnections : 0) +
    (isWatched ? exporterConnections : 0)
  );
}

/**
 * Two bounds. What lasts, one API pod more than there are, stays below the alert, which waits for five minutes. What there is
 * at any moment, all API pods that end beside all that have started, fits into the server, or requests fail.
 */
export function connectionRules(clients: Clients): Rule[] {
  const replicas = maxReplicas(clients.api.scale);
  const lasting = connectionsWith(replicas + surge, clients);
  const most = connectionsWith(2 * replicas, clients) + reservedConnections;
  const { maxConnections = most } = clients.postgres;
  return [
    {
      isBroken: lasting >= databaseConnectionAlert,
      path: '*.databasePool',
      got: lasting,
      allowed: `fewer than ${databaseConnectionAlert} connections over all replicas in the middle of a rollout, where DatabaseConnectionHigh fires`,
    },
    {
      isBroken: most > maxConnections,
      path: 'postgres.maxConnections',
      got: maxConnections,
      allowed: `${most} or more: all replicas that end beside all that have started, and ${reservedConnections} for superusers`,
    },
  ];
}
