import { connectionSettings } from '../../../app/src/database/connection-settings';
import { makeSchema } from '../../../app/src/database/migrations';
import type { Manifest } from '../backup/manifest';
import { loadByCopy } from '../database/copy-rows';
import { type Load, loadByPgRestore } from '../database/pg-dump';
import { connected } from '../database/server';

/** Fills an empty database from the files of a copy, by the way that they were made. */
export async function loadCopy({ method, tables, application }: Manifest, load: Load): Promise<void> {
  if (method === 'pg_dump') return loadByPgRestore(load);
  const { DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA } = load.server;
  const hasQueue = tables.some(({ name }) => name.startsWith('bullmq.'));
  await makeSchema(connectionSettings(DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA), application.migrations, hasQueue);
  await connected(load.server, (connection) => loadByCopy(connection, load.folder, load.signal));
}
