import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { appRole } from '../../app/src/database/roles';
import { BenchError } from '../child';
import type { Stack } from '../stack';
import type { Case, CaseContext, Comparison, Measurement } from './case';

const databaseName = 'bench_import';

interface ImportSummary {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
  seconds: number;
}

async function importOnce(stack: Stack, file: string): Promise<ImportSummary> {
  const rejects = path.join(stack.folder, 'rejects.csv');
  // Rejected rows make the command end with another code than 0; the benchmark wants a file without any.
  // Files for benchmarks may have adjusted prices.
  const output = await stack.stock(
    ['import', file, '--rejects', rejects, '--accept-unmatched-amounts', '--json'],
    appRole,
    databaseName,
  );
  return JSON.parse(output) as ImportSummary;
}

async function empty(database: pg.Pool): Promise<void> {
  await database.query('TRUNCATE stock_data, stock');
  await database.query('CHECKPOINT');
}

/** Columns that COPY is to fill: all but those PostgreSQL fills by itself. */
async function copiedColumns(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_name = 'stock_data' AND column_default IS NULL AND is_generated = 'NEVER'
       AND data_type NOT LIKE 'timestamp%' ORDER BY ordinal_position`,
  );
  return rows.map(({ name }) => name);
}

/** Writes the rows that an import stored, in the order of the imported file, in COPY's own text format. */
async function writeCopyFile(
  database: pg.Pool,
  importFile: string,
  columns: string[],
  copyFile: string,
): Promise<number> {
  const fields = [
    'ts_code',
    'trade_date',
    'open',
    'high',
    'low',
    'close',
    'pre_close',
    'change',
    'pct_chg',
    'vol',
    'amount',
  ];
  const client = await database.connect();
  try {
    await client.query(
      `CREATE TEMP TABLE raw (line bigint GENERATED ALWAYS AS IDENTITY, ${fields.map((field) => `${field} text`).join(', ')})`,
    );
    const raw = client.query(copyFrom(`COPY raw (${fields.join(', ')}) FROM STDIN (FORMAT csv, HEADER)`));
    if (importFile.endsWith('.gz')) await pipeline(createReadStream(importFile), createGunzip(), raw);
    else await pipeline(createReadStream(importFile), raw);
    await client.query('ANALYZE raw');
    const stored = `SELECT ${columns.map((column) => `stored.${column}`).join(', ')}
      FROM raw JOIN stock_data stored ON stored.symbol = raw.ts_code AND stored.trade_date = to_date(raw.trade_date, 'YYYYMMDD')
      ORDER BY raw.line`;
    await pipeline(client.query(copyTo(`COPY (${stored}) TO STDOUT`)), createWriteStream(copyFile));
    const { rows } = await client.query<{ rows: string }>('SELECT count(*) AS rows FROM raw');
    await client.query('DROP TABLE raw');
    return Number(rows[0]?.rows);
  } finally {
    client.release();
  }
}

/** Seconds a bare COPY of the prepared rows takes, with its commit. */
async function copyOnce(database: pg.Pool, columns: string[], copyFile: string): Promise<number> {
  const client = await database.connect();
  try {
    const started = performance.now();
    await pipeline(
      createReadStream(copyFile, { highWaterMark: 1024 * 1024 }),
      client.query(copyFrom(`COPY stock_data (${columns.join(', ')}) FROM STDIN`)),
    );
    return (performance.now() - started) / 1000;
  } finally {
    client.release();
  }
}

let database: pg.Pool | undefined;

async function runImport({ stack, rounds, importFile, log }: CaseContext): Promise<Comparison[]> {
  database ??= await stack.createDatabase(databaseName);
  const columns = await copiedColumns(database);
  const copyFile = path.join(stack.folder, 'rows.copy');
  await empty(database);
  const trial = await importOnce(stack, importFile);
  const lines = await writeCopyFile(database, importFile, columns, copyFile);
  if (trial.inserted !== lines) {
    throw new BenchError(
      `${trial.inserted} of ${lines} rows of ${importFile} were stored; choose a file whose rows are all good`,
    );
  }

  const imports: Measurement[] = [];
  const repeats: Measurement[] = [];
  const copies: Measurement[] = [];
  const rate = (seconds: number): Measurement => ({ value: lines / seconds, errors: 0 });
  for (let round = 1; round <= rounds; round++) {
    await empty(database);
    const first = await importOnce(stack, importFile);
    imports.push(rate(first.seconds));
    const again = await importOnce(stack, importFile);
    if (again.unchanged !== lines)
      throw new BenchError(`the second import left ${again.unchanged} of ${lines} rows alone`);
    repeats.push(rate(again.seconds));
    await empty(database);
    const copySeconds = await copyOnce(database, columns, copyFile);
    copies.push(rate(copySeconds));
    log(
      `import ${round}/${rounds}: ${first.seconds.toFixed(2)} s, again ${again.seconds.toFixed(2)} s, COPY ${copySeconds.toFixed(2)} s`,
    );
  }
  const shared = { unit: 'rows/s', better: 'more' } as const;
  return [
    {
      ...shared,
      name: 'import',
      title: `import of a CSV file, ${lines} rows`,
      against: 'bare COPY',
      target: 0.6,
      measurements: { app: imports, baseline: copies },
    },
    {
      ...shared,
      name: 'import-again',
      title: 'import of the same file again',
      against: 'first import',
      target: 1,
      measurements: { app: repeats, baseline: imports },
    },
  ];
}

export const importCases: Case[] = [
  {
    name: 'import',
    summary: 'import of a CSV file against a bare COPY of its rows, and the same import again',
    run: runImport,
  },
];
