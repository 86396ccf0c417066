import type { Database } from '../database/pool';

/**
 * Whether every stock that was listed and not suspended for the whole of a trading day has a daily bar. A day without
 * any known stock is not complete.
 */
export async function isDayComplete(database: Database, day: string): Promise<boolean> {
  const { rows } = await database.query<{ is_complete: boolean }>(
    `SELECT count(*) > 0 AND bool_and(EXISTS (
         SELECT FROM stock_data AS bar WHERE bar.symbol = stock.symbol AND bar.trade_date = $1)) AS is_complete
     FROM stock
     WHERE list_status = 'listed' AND (list_date IS NULL OR list_date <= $1)
       AND NOT EXISTS (
         SELECT FROM suspension
         WHERE suspension.symbol = stock.symbol AND day = $1 AND kind = 'suspended' AND timing IS NULL)`,
    [day],
  );
  return rows[0]?.is_complete ?? false;
}
