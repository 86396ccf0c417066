import type { Queryable } from '../../../app/src/database/pool';
import { type Sql, sql } from '../../../app/src/database/sql';
import { closedPrefix } from './upgrade-state';
import type { Upgrade } from './upgrades';

/** What one look at an upgrade found. */
export interface Finding {
  check: string;
  /** warn: it can be upgraded, and somebody should know this. fail: it cannot. unknown: it could not be looked at. */
  state: 'ok' | 'warn' | 'fail' | 'unknown';
  finding: string;
  /** What to do about it. */
  advice?: string;
}

/** What the server and its database have that an upgrade does not carry over, or that cannot go there. @param live its name */
export async function serverFindings(connection: Queryable, live: string, upgrade: Upgrade): Promise<Finding[]> {
  return [
    await extensions(connection, upgrade),
    await textOrder(connection),
    await preparedTransactions(connection),
    await otherDatabases(connection, live),
    await otherRoles(connection),
    await otherSettings(connection),
  ];
}

async function extensions(connection: Queryable, { extensions: contained, to }: Upgrade): Promise<Finding> {
  const installed = await namesOf(connection, sql`SELECT extname AS name FROM pg_extension ORDER BY 1`);
  const unknown = installed.filter((name) => !contained.includes(name));
  const check = 'extensions';
  if (unknown.length === 0) return { check, state: 'ok', finding: installed.join(', ') };
  return {
    check,
    state: 'fail',
    finding: `${unknown.join(', ')}: nobody has said that the image of PostgreSQL ${to} has it`,
    advice: 'DROP EXTENSION it, or add it to ops/src/upgrade/upgrades.ts once the image has it',
  };
}

/** The new server orders texts by their bytes (C.UTF-8), as every server that this platform has made does. */
async function textOrder(connection: Queryable): Promise<Finding> {
  const { rows } = await connection.query<{ encoding: string; provider: string; collation: string; version: string }>(
    sql`SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider::text AS provider,
        coalesce(datlocale, datcollate) AS collation, coalesce(datcollversion, 'none') AS version
      FROM pg_database WHERE datname = current_database()`,
  );
  const [found] = rows;
  const check = 'collation';
  const finding = `${found?.collation} of provider ${providers.get(found?.provider ?? '')}, version ${found?.version}, encoding ${found?.encoding}`;
  if (found?.encoding !== 'UTF8') {
    return {
      check,
      state: 'fail',
      finding,
      advice: 'the new server has UTF8: see that every text is UTF-8, and move it by hand',
    };
  }
  if (/^(C|POSIX|C\.UTF-?8)$/i.test(found.collation)) return { check, state: 'ok', finding };
  const advice =
    'the new server orders texts by their bytes; indexes are made anew, ORDER BY of texts gives another order';
  return { check, state: 'warn', finding, advice };
}

const providers: ReadonlyMap<string, string> = new Map([
  ['c', 'libc'],
  ['i', 'icu'],
  ['b', 'builtin'],
]);

/** No copy has them. */
async function preparedTransactions(connection: Queryable): Promise<Finding> {
  const waiting = await namesOf(connection, sql`SELECT gid AS name FROM pg_prepared_xacts ORDER BY 1`);
  const check = 'prepared transactions';
  if (waiting.length === 0) return { check, state: 'ok', finding: 'none' };
  return { check, state: 'fail', finding: waiting.join(', '), advice: 'COMMIT PREPARED or ROLLBACK PREPARED each' };
}

async function otherDatabases(connection: Queryable, live: string): Promise<Finding> {
  const names = await namesOf(
    connection,
    sql`SELECT datname AS name FROM pg_database WHERE NOT datistemplate ORDER BY 1`,
  );
  const others = names.filter((name) => name !== live && name !== 'postgres' && !name.startsWith(closedPrefix));
  return notCarried(
    'other databases',
    others,
    'what restores left: stockops restore forget; others: move them by hand',
  );
}

/** Those of the platform are made by each server's start. */
async function otherRoles(connection: Queryable): Promise<Finding> {
  const names = await namesOf(
    connection,
    sql`SELECT rolname AS name FROM pg_roles WHERE rolcanlogin AND rolname !~ '^(pg|stock)_' AND NOT rolsuper ORDER BY 1`,
  );
  return notCarried('other roles', names, 'make them on the new server by hand');
}

async function otherSettings(connection: Queryable): Promise<Finding> {
  const names = await namesOf(
    connection,
    sql`SELECT unnest(setconfig) AS name FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
      WHERE datname = current_database() ORDER BY 1`,
  );
  return notCarried('settings of the database', names, 'ALTER DATABASE … SET them on the new server by hand');
}

const notCarried = (check: string, names: readonly string[], advice: string): Finding =>
  names.length === 0
    ? { check, state: 'ok', finding: 'none' }
    : { check, state: 'warn', finding: `${names.join(', ')}: not carried over`, advice };

async function namesOf(connection: Queryable, query: Sql): Promise<string[]> {
  return (await connection.query<{ name: string }>(query)).rows.map(({ name }) => name);
}
