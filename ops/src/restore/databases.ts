import { tryLock } from '../../../app/src/database/lock';
import type { Queryable } from '../../../app/src/database/pool';
import { identifier, joined, type Sql, sql, sqlOfFile } from '../../../app/src/database/sql';
import { connected, type Server, withDatabase } from '../database/server';
import { Refusal } from '../failures';

// The databases of a server as a restore makes, exchanges and drops them. All are asked for over the database `postgres`.

/** A database with the rights that only a superuser can take away, taken away; the server's start makes it. */
const template = 'stock_template';

/** Asks the server about its databases. */
export const administered = <T>(server: Server, work: (connection: Queryable) => Promise<T>): Promise<T> =>
  connected(withDatabase(server, 'postgres'), work);

/**
 * Works while nobody else restores on the server: what is made, exchanged and dropped would be another's.
 *
 * @throws Refusal when somebody does
 */
export const restoringAlone = <T>(server: Server, work: () => Promise<T>): Promise<T> =>
  administered(server, async (holder) => {
    await holder.query(sql`BEGIN`);
    if (!(await tryLock(holder, sql`hashtextextended('stockops restore', 0)`))) {
      throw new Refusal(
        "another restore is under way on this server; wait until it has ended, see it with: SELECT * FROM pg_stat_activity WHERE application_name = 'stockops'",
      );
    }
    return work();
  });

export async function databaseExists(connection: Queryable, name: string): Promise<boolean> {
  const { rowCount } = await connection.query(sql`SELECT FROM pg_database WHERE datname = $1`, [name]);
  return Boolean(rowCount);
}

/** The databases whose names begin so, the newest name last. */
export async function databasesNamed(connection: Queryable, prefix: string): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    sql`SELECT datname AS name FROM pg_database WHERE datname ^@ $1 ORDER BY 1`,
    [prefix],
  );
  return rows.map(({ name }) => name);
}

/** Makes an empty database with the rights of another. */
export async function makeDatabase(server: Server, connection: Queryable, name: string, like: string): Promise<void> {
  const hasTemplate = await databaseExists(connection, template);
  await connection.query(
    sql`CREATE DATABASE ${identifier(name)} TEMPLATE ${identifier(hasTemplate ? template : 'template0')}`,
  );
  // Whoever is no superuser takes away what it may. A new server of an upgrade has no other database to be like.
  if (!hasTemplate || !(await databaseExists(connection, like))) {
    await connected(withDatabase(server, name), (made) => made.query(sqlOfFile('rights.sql')));
  }
  await connection.query(sql`REVOKE ALL ON DATABASE ${identifier(name)} FROM PUBLIC`);
  for (const right of await rightsOn(connection, like)) {
    await connection.query(sql`GRANT ${right.privileges} ON DATABASE ${identifier(name)} TO ${identifier(right.role)}`);
  }
}

const privileges: ReadonlyMap<string, Sql> = new Map([
  ['CONNECT', sql`CONNECT`],
  ['CREATE', sql`CREATE`],
  ['TEMPORARY', sql`TEMPORARY`],
]);

/** What roles may do with a database itself, which no template hands on. */
async function rightsOn(connection: Queryable, name: string): Promise<{ role: string; privileges: Sql }[]> {
  const { rows } = await connection.query<{ role: string; given: string[] }>(
    sql`SELECT rolname AS role, array_agg(privilege_type ORDER BY 1) AS given
      FROM pg_database, aclexplode(datacl) JOIN pg_roles ON pg_roles.oid = grantee
      WHERE datname = $1 AND grantee <> datdba GROUP BY 1`,
    [name],
  );
  return rows.map(({ role, given }) => ({
    role,
    privileges: joined(
      given.flatMap((privilege) => privileges.get(privilege) ?? []),
      ', ',
    ),
  }));
}

/** Ends whoever is connected, and drops the database. */
export async function dropDatabase(connection: Queryable, name: string): Promise<void> {
  await connection.query(sql`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
}

/** What works on a database: programs of the application, by what they call themselves. */
export async function sessionsOn(
  connection: Queryable,
  name: string,
): Promise<{ program: string; sessions: number }[]> {
  const { rows } = await connection.query<{ program: string; sessions: number }>(
    sql`SELECT coalesce(nullif(application_name, ''), usename) AS program, count(*)::int AS sessions
      FROM pg_stat_activity
      WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1`,
    [name],
  );
  return rows;
}

/** Tries until nobody comes in between: programs that look at a database come again and again. */
const renameTries = 5;

/**
 * Ends whoever is connected, and gives a database another name.
 *
 * @throws Error when somebody comes in between each time
 */
export async function rename(connection: Queryable, name: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await endSessions(connection, [name]);
    try {
      await connection.query(sql`ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(to)}`);
      return;
    } catch (error) {
      if (tries === renameTries || (error as { code?: string }).code !== inUse) throw error;
    }
  }
}

/** object_in_use */
const inUse = '55006';

async function endSessions(connection: Queryable, names: readonly string[]): Promise<void> {
  await connection.query(
    sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = ANY ($1) AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    [names],
  );
}

/**
 * Gives a database another name and its own to a third, both or neither; nobody can connect to the one that gives way, until it is
 * given back.
 *
 * @param live the name that both want
 */
export async function exchange(
  connection: Queryable,
  { live, becomesLive, giveWayTo }: { live: string; becomesLive: string; giveWayTo: string },
): Promise<void> {
  const allow = (name: string, isAllowed: Sql) =>
    connection.query(sql`ALTER DATABASE ${identifier(name)} WITH ALLOW_CONNECTIONS ${isAllowed}`);
  await allow(becomesLive, sql`true`);
  await allow(live, sql`false`);
  try {
    await endSessions(connection, [live, becomesLive]);
    await connection.query(sql`BEGIN`);
    await connection.query(sql`ALTER DATABASE ${identifier(live)} RENAME TO ${identifier(giveWayTo)}`);
    await connection.query(sql`ALTER DATABASE ${identifier(becomesLive)} RENAME TO ${identifier(live)}`);
    await connection.query(sql`COMMIT`);
  } catch (error) {
    await connection.query(sql`ROLLBACK`);
    await allow(live, sql`true`);
    throw error;
  }
}
