import { literal, type Sql, sql } from '../database/sql';

/** The latest day of a dataset whose rows do not tell: of its last load for the whole market. */
export const lastWholeLoad = (dataset: string): Sql =>
  sql`SELECT max(last_day) FROM ingest_run WHERE dataset = ${literal(dataset)} AND state = 'completed' AND is_whole_market`;

/** Whether all of a dataset was asked for on trading_calendar.day, once the exchanges had closed. */
export const isWhollyLoaded = (dataset: string): Sql =>
  sql`EXISTS (
    SELECT FROM ingest_run
    WHERE dataset = ${literal(dataset)} AND state = 'completed' AND is_whole_market AND failed_parts = 0
      AND trading_calendar.day BETWEEN first_day AND last_day
      AND started_at >= (trading_calendar.day + time '15:00') AT TIME ZONE 'Asia/Shanghai'
  )`;
