import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';

declare const isSql: unique symbol;

/**
 * SQL text in which no text of a request can stand: it is made by the functions of this file alone, and a database takes
 * no other. Values that a statement is asked with are its parameters, $1 and so on.
 */
export type Sql = string & { readonly [isSql]: true };

/** A statement with the values of its parameters. */
export interface Statement {
  text: Sql;
  values?: readonly unknown[];
  /** Prepared once on each connection under this name, which no other text may have. */
  name?: string;
  /** Gives each row as the array of its values. */
  rowMode?: 'array';
}

/** SQL as it stands in the source; only other SQL can be put into it. */
export function sql(texts: TemplateStringsArray, ...parts: readonly Sql[]): Sql {
  return texts.reduce((text, next, index) => `${text}${parts[index - 1]}${next}`) as Sql;
}

/** Several pieces of SQL, one after the other. */
export const joined = (parts: readonly Sql[], separator: ', ' | ' AND ' | ' UNION ALL '): Sql =>
  parts.join(separator) as Sql;

/** The name of a table, a column or the like. @throws Error when it is not of small letters, digits and underscores */
export function identifier(name: string): Sql {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a table or column`);
  return pg.escapeIdentifier(name) as Sql;
}

/** A name as a catalog of the database has it, of whatever characters: for what a copy finds there, never for what a request asks. */
export const catalogName = (name: string): Sql => pg.escapeIdentifier(name) as Sql;

/** The names of several columns, such as "symbol", "day". */
export const identifiers = (names: readonly string[]): Sql => joined(names.map(identifier), ', ');

/** A text in quotes, for the few places where PostgreSQL takes no parameter. */
export const literal = (text: string): Sql => pg.escapeLiteral(text) as Sql;

/** The statements in a file of app/database. */
export const sqlOfFile = (name: 'roles.sql' | 'rights.sql'): Sql =>
  readFileSync(path.join(__dirname, '..', '..', 'database', name), 'utf8') as Sql;

/** A whole number. @throws Error when it is none */
export function integer(number: number): Sql {
  if (!Number.isSafeInteger(number)) throw new Error(`${number} is not a whole number`);
  return String(number) as Sql;
}
