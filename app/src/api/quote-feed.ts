/** A row of table quote as JSON text, in SQL. */
export const quoteJson = `
  (SELECT row_to_json(shown)::text FROM (
     SELECT symbol, trim_scale(price) AS price, trim_scale(open) AS open, trim_scale(high) AS high,
            trim_scale(low) AS low, trim_scale(pre_close) AS pre_close, trim_scale(price - pre_close) AS change,
            trim_scale(round((price / nullif(pre_close, 0) - 1) * 100, 4)) AS pct_chg, volume, amount,
            quoted_at, source
   ) AS shown)`;
