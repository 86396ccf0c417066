import assert from 'node:assert/strict';
import path from 'node:path';
import { differences, tableFacts } from '../../ops/src/database/table-facts';
import type { Setting } from './case';
import { manifestIn } from './copies';

/** Restores a copy and compares every table with what its manifest says. @returns rows of all tables */
export async function restoreAndCompare({ postgres, store }: Setting, id: string): Promise<number> {
  const database = `restored_${id.slice(-6)}`;
  await postgres.restore(path.join(store, id, 'database'), database);
  const found = await postgres.asSuperuser((client) => tableFacts(client as never), database);
  const { tables } = manifestIn(store, id);
  assert.deepEqual(differences(tables, found), []);
  await postgres.asSuperuser((client) => client.query(`DROP DATABASE ${database}`), 'postgres');
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
