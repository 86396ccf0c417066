import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { Suspension } from '../market/dataset';
import {
  byRank,
  copyLine,
  lockWriters,
  mergeRows,
  type Origin,
  type TargetTable,
  type WriteResult,
} from './merge-rows';

const table: TargetTable = {
  name: 'suspension',
  key: ['symbol', 'day', 'kind', 'timing'],
  nullableKey: ['timing'],
  values: [],
  mayReplace: byRank,
};

const nameOf = ({ symbol, day, kind }: Pick<Suspension, 'symbol' | 'day' | 'kind'>) => `${symbol} ${day} ${kind}`;

const incoming = sql`jsonb_to_recordset($1) AS incoming (symbol text, day date, kind text, timing text)`;
const isAboutTheSame = sql`(stored.symbol, stored.day, stored.kind) = (incoming.symbol, incoming.day, incoming.kind)`;

/** The stocks and days that a source which comes first has told of. */
async function findTaken(client: DatabaseClient, outrankedBy: readonly string[], json: string): Promise<Set<string>> {
  const { rows } = await client.query<Suspension>(
    sql`SELECT DISTINCT stored.symbol, stored.day, stored.kind FROM suspension AS stored JOIN ${incoming}
     ON ${isAboutTheSame} WHERE stored.source = ANY ($2)`,
    [json, outrankedBy],
  );
  return new Set(rows.map(nameOf));
}

/** Removes what was said before of the same stocks and days and is not said any more. */
async function removeOthers(client: DatabaseClient, json: string): Promise<string[]> {
  const { rows } = await client.query<{ symbol: string }>(
    sql`DELETE FROM suspension AS stored
     WHERE EXISTS (SELECT FROM ${incoming} WHERE ${isAboutTheSame})
       AND NOT EXISTS (SELECT FROM ${incoming} WHERE ${isAboutTheSame} AND incoming.timing IS NOT DISTINCT FROM stored.timing)
     RETURNING symbol`,
    [json],
  );
  return rows.map(({ symbol }) => symbol);
}

/**
 * Writes suspensions and resumptions. A stock may have several of a kind on one day; all of them are of one source, the
 * first in order that has any, since two sources put the same into different words.
 */
export async function writeSuspensions(
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  suspensions: readonly Suspension[],
): Promise<WriteResult> {
  await lockWriters(client, table.name);
  const taken = await findTaken(client, outrankedBy, JSON.stringify(suspensions));
  const free = suspensions.filter((suspension) => !taken.has(nameOf(suspension)));
  const removed = await removeOthers(client, JSON.stringify(free));
  const { changedSymbols, unchanged, ...written } = await mergeRows(
    client,
    table,
    outrankedBy,
    free.map(({ symbol, day, kind, timing }) => copyLine([symbol, day, kind, timing, source])),
  );
  return {
    ...written,
    unchanged: unchanged + suspensions.length - free.length,
    changedSymbols: [...new Set([...changedSymbols, ...removed])].sort(),
  };
}
