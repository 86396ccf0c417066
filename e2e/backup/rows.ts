import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A year of the market as Tushare gives it, where it is there. */
const realRows = path.join(__dirname, '../../../shared/data/daily-market-2023.csv.gz');

const columns = 'symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount, source';

/** Fills the table of daily bars with a year of the whole market. @returns what the rows are */
export async function fillWithRows(client: pg.Client, file = realRows): Promise<string> {
  if (!existsSync(file)) return fillWithGeneratedRows(client);
  await client.query(
    `CREATE TEMP TABLE given (ts_code text, trade_date text, open numeric, high numeric, low numeric, close numeric,
      pre_close numeric, change numeric, pct_chg numeric, vol numeric, amount numeric)`,
  );
  const target = client.query(copyFrom('COPY given FROM STDIN WITH (FORMAT csv, HEADER)'));
  await pipeline(createReadStream(file), createGunzip(), target);
  const { rowCount } = await client.query(
    `INSERT INTO stock_data (${columns})
     SELECT ts_code, trade_date::date, open, high, low, close, pre_close, change, pct_chg, round(vol * 100), amount * 1000, 'tushare'
     FROM given`,
  );
  return `${rowCount} real rows of 2023`;
}

async function fillWithGeneratedRows(client: pg.Client): Promise<string> {
  const { rowCount } = await client.query(
    `INSERT INTO stock_data (${columns})
     SELECT lpad(stock::text, 6, '0') || '.SH', day, price, price + 1, price - 1, price, price, 0, 0, round(random() * 1e7), round(random() * 1e9), 'sample'
     FROM generate_series(1, 1000) AS stock,
       generate_series('2023-01-01'::timestamp, '2023-09-01', '1 day') AS day,
       LATERAL (SELECT round((random() * 100 + stock % 7 + 2)::numeric, 2) AS price) AS prices`,
  );
  return `${rowCount} generated rows of 2023`;
}

/** Copies the rows of 2023 into the years before it, so that there are that many in all. */
export async function copyIntoYearsBefore(client: pg.Client, years: number): Promise<void> {
  for (let year = 1; year <= years; year++) {
    await client.query(
      `INSERT INTO stock_data (${columns})
       SELECT symbol, trade_date - make_interval(years => $1), open, high, low, close, pre_close, change, pct_chg, volume + $1, amount, source
       FROM stock_data WHERE trade_date BETWEEN '2023-01-01' AND '2023-12-31'
       ON CONFLICT DO NOTHING`,
      [year],
    );
  }
}
