import type pg from 'pg';
import { type CopyStreamQuery, from } from 'pg-copy-streams';
import type { DatabaseClient } from './pool';
import type { Sql } from './sql';

/** Runs a COPY ... FROM STDIN; what is written to the stream goes into the table. */
export const copyInto = (client: DatabaseClient, statement: Sql): CopyStreamQuery =>
  (client as unknown as pg.PoolClient).query(from(statement));
