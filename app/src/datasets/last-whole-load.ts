import { literal, type Sql, sql } from '../database/sql';

/** The latest day of a dataset whose rows do not tell: of its last load for the whole market. */
export const lastWholeLoad = (dataset: string): Sql =>
  sql`SELECT max(last_day) FROM ingest_run WHERE dataset = ${literal(dataset)} AND state = 'completed' AND is_whole_market`;
