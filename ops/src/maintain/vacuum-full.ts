import { catalogName, sql } from '../../../app/src/database/sql';
import { connected, type Server } from '../database/server';
import { stoppable } from '../database/stoppable';
import { Refusal } from '../failures';
import { listTables, shownName, type Table } from './catalog';
import { requireUsable, whileNobodyElse } from './maintain';

/** What a disk writes in a second at least; the table is written anew with its indexes. */
const bytesPerSecond = 30 * 1024 * 1024;

export interface FullVacuum {
  table: Table;
  /** For which nobody reads or writes the table, estimated from its size. */
  lockSeconds: number;
}

/** What VACUUM FULL of a table would lock, and for how long about. @throws Refusal for a name that is no table */
export const lookAtFullVacuum = (server: Server, name: string): Promise<FullVacuum> =>
  connected(server, async (connection) => {
    await requireUsable(connection);
    const tables = (await listTables(connection)).filter(({ kind, isOurs }) => kind !== 'partitioned' && isOurs);
    const table = tables.find((each) => shownName(each) === name);
    if (!table) throw new Refusal(`there is no table "${name}"; allowed: ${tables.map(shownName).join(', ')}`);
    return { table, lockSeconds: Math.ceil((table.bytes + table.indexBytes) / bytesPerSecond) };
  });

/**
 * Writes a table anew without what is dead. Nobody reads or writes it meanwhile.
 *
 * @returns the seconds for which it was locked, and its size after
 * @throws Refusal where its lock is not to be had within 5 s: who waits for it holds up all others
 */
export const vacuumFull = (
  server: Server,
  { table }: FullVacuum,
  signal: AbortSignal,
): Promise<{ seconds: number; bytes: number }> =>
  whileNobodyElse(server, () =>
    connected(server, async (connection) => {
      await requireUsable(connection);
      await connection.query(sql`SET lock_timeout = '5s'`);
      const started = performance.now();
      try {
        await stoppable(server, connection, signal, () =>
          connection.query(sql`VACUUM FULL ${catalogName(table.schema)}.${catalogName(table.name)}`),
        );
      } catch (error) {
        if ((error as { code?: string }).code !== '55P03') throw error;
        throw new Refusal(
          `others have ${shownName(table)} in use for more than 5 s; nothing was done: try it when fewer read it`,
        );
      }
      const seconds = (performance.now() - started) / 1000;
      const after = (await listTables(connection)).find((each) => shownName(each) === shownName(table));
      return { seconds, bytes: after?.bytes ?? 0 };
    }),
  );
