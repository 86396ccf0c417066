import type pg from 'pg';
import { type CopyStreamQuery, type CopyToStreamQuery, from, to } from 'pg-copy-streams';
import type { Queryable } from './pool';
import type { Sql } from './sql';

// Over one connection, of which the driver alone knows that it can stream.
const clientOf = (connection: Queryable) => connection as unknown as pg.ClientBase;

/** Runs a COPY ... FROM STDIN; what is written to the stream goes into the table. @param connection not a pool */
export const copyInto = (connection: Queryable, statement: Sql): CopyStreamQuery =>
  clientOf(connection).query(from(statement));

/** Runs a COPY ... TO STDOUT; the stream gives the rows. @param connection not a pool */
export const copyOut = (connection: Queryable, statement: Sql): CopyToStreamQuery =>
  clientOf(connection).query(to(statement));
