import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { WriteResult } from './merge-rows';

/** What PostgreSQL says of an error. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface DatabaseError extends Error {
  code?: string;
  detail?: string;
  constraint?: string;
}

const checkViolation = '23514';

/** Whether an error is about a value: data exceptions, constraints, and values too large for an index. */
function isAboutValues({ code = '', constraint }: DatabaseError): boolean {
  // A row of a year that has no partition breaks a check without a name: the table is what lacks something.
  if (code === checkViolation && constraint === undefined) return false;
  return ['22', '23', '54'].includes(code.slice(0, 2));
}

const nothing: WriteResult = { inserted: 0, updated: 0, unchanged: 0, changedSymbols: [] };

const sum = (a: WriteResult, b: WriteResult): WriteResult => ({
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  unchanged: a.unchanged + b.unchanged,
  changedSymbols: [...new Set([...a.changedSymbols, ...b.changedSymbols])].sort(),
});

/** A row that could not be written, with what PostgreSQL said. */
interface Unwritten<Row> {
  row: Row;
  reason: string;
  error: Error;
}

/** Writes rows; where PostgreSQL refuses a value among them, one half after the other until it is found. */
async function writeHalves<Row>(
  client: DatabaseClient,
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<WriteResult>,
): Promise<{ written: WriteResult; unwritten: Unwritten<Row>[] }> {
  await client.query(sql`SAVEPOINT before_rows`);
  try {
    const written = await write(rows);
    await client.query(sql`RELEASE before_rows`);
    return { written, unwritten: [] };
  } catch (cause) {
    const error = cause as DatabaseError;
    if (!isAboutValues(error)) throw error;
    await client.query(sql`ROLLBACK TO before_rows`);
    await client.query(sql`RELEASE before_rows`);
    const [row] = rows;
    if (rows.length === 1 && row !== undefined) {
      const reason = [error.message, error.detail].filter((text) => text).join('; ');
      return { written: nothing, unwritten: [{ row, reason, error }] };
    }
  }
  const middle = Math.ceil(rows.length / 2);
  const first = await writeHalves(client, rows.slice(0, middle), write);
  const second = await writeHalves(client, rows.slice(middle), write);
  return { written: sum(first.written, second.written), unwritten: [...first.unwritten, ...second.unwritten] };
}

/**
 * Writes the rows that PostgreSQL takes and gives back the others: one value that does not fit costs its row, not the
 * day.
 *
 * @param client in a transaction
 * @throws the error of the first when PostgreSQL takes none of several rows: then the rows are not what is wrong
 */
export async function writeStorable<Row>(
  client: DatabaseClient,
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<WriteResult>,
): Promise<{ written: WriteResult; unwritten: Unwritten<Row>[] }> {
  const outcome = await writeHalves(client, rows, write);
  const { unwritten } = outcome;
  if (unwritten.length > 1 && unwritten.length === rows.length) throw unwritten[0]?.error;
  return outcome;
}
