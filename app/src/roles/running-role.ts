import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { databaseDependencies } from '../database/database-health';
import { createPool, createWatchPool, type Database, type DatabasePool } from '../database/pool';
import { untilUsable } from '../database/wait';
import type { EnvironmentOf } from '../runtime/env';
import { Health } from '../runtime/health';
import { listen } from '../runtime/listen';
import { createRegistry } from '../runtime/metrics';
import { buildOperationsServer } from '../runtime/operations-server';
import { within } from '../runtime/within';

const databaseCloseSeconds = 3;

/** A role that this process runs. */
export interface RunningRole {
  /** Addresses by purpose, such as api, docs and metrics. */
  urls: Record<string, string>;
  /** Its metrics. */
  registry: Registry;
  /** Stops taking work, finishes what is under way and closes every connection. */
  close(): Promise<void>;
}

/** What every role has from its first moment. */
export interface RoleBase {
  database: Database;
  /** Connections for what watches over the process, which no other work keeps busy. */
  watchDatabase: Database;
  registry: Registry;
  health: Health;
  /** Registers what is to be done when the role stops: what was registered last is done first. */
  onClose(close: () => unknown): void;
}

/** How a role uses its database. */
interface DatabaseUse {
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** After which a statement that has not answered fails. */
  statementLimitSeconds: number;
  plans?: 'custom' | 'generic';
  /** Whether it can do its work where nothing is written. */
  isForReading?: boolean;
}

/** The address for people: an address that stands for every interface is not one a browser can open. */
export const urlOf = (host: string, port: number): string =>
  `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;

/**
 * Starts a role: first health and metrics, then, once its database is usable, the rest.
 *
 * @param open starts the rest; gives its addresses by purpose
 * @param stopping ends the wait for the database
 * @throws what `open` throws, or the signal's reason, with everything closed again
 */
export async function startRole(
  environment: EnvironmentOf<'scheduler'>,
  { applicationName, statementLimitSeconds, plans, isForReading }: DatabaseUse,
  logger: Logger,
  stopping: AbortSignal,
  open: (base: RoleBase) => Promise<Record<string, string>>,
): Promise<RunningRole> {
  const { HTTP_HOST: host, METRICS_PORT: port, PROMETHEUS_ENABLED } = environment;
  const database = createPool(environment, applicationName, statementLimitSeconds, plans);
  const watchDatabase = createWatchPool(environment, applicationName);
  for (const pool of [database, watchDatabase]) {
    pool.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  }
  const registry = createRegistry(database);
  const health = new Health(databaseDependencies(watchDatabase, isForReading));
  const operations = buildOperationsServer(health, PROMETHEUS_ENABLED ? registry : undefined);
  const closers: (() => unknown)[] = [
    // A connection to a server that does not answer is never closed in order.
    ...[database, watchDatabase].map(
      (pool: DatabasePool) => () =>
        within(databaseCloseSeconds, pool.end()).catch((error) => logger.warn({ err: error }, 'database')),
    ),
    () => operations.close(),
  ];
  const close = async () => {
    health.stop();
    for (const each of closers.reverse()) await each();
  };
  try {
    await listen(operations, { host, port });
    await untilUsable(watchDatabase, logger, stopping);
    const urls = await open({ database, watchDatabase, registry, health, onClose: (each) => closers.push(each) });
    health.start();
    return { urls: { ...urls, metrics: `${urlOf(host, port)}/metrics` }, registry, close };
  } catch (error) {
    await close();
    throw error;
  }
}
