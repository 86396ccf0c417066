import { Readable } from 'node:stream';
import { type ImportResult, importFile } from '../../src/import/import-file';
import { readText } from '../../src/import/input-file';
import { RejectsFile } from '../../src/import/rejects-file';
import type { SourceName } from '../../src/sources/source';
import type { TestDatabase } from './database';

/** The first line of a file of Tushare's `daily`. */
export const header = 'ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount';
/** A row below it that can be stored. */
export const good = '600000.SH,20240102,10,10.5,9.8,10.2,10,0.2,2,525152.77,525677.927';

/** A good row with some of its values changed, by the name of the column. */
export function rowWith(changes: Record<string, string>): string {
  const values = good.split(',');
  return header
    .split(',')
    .map((column, index) => changes[column] ?? values[index])
    .join(',');
}

interface LoadOptions {
  chunkBytes?: number;
  /** undefined for a name after that of the imported file. */
  rejectsFile: string | undefined;
  importedFile?: string;
  tolerated?: string[];
  priority?: readonly SourceName[];
  isTrial?: boolean;
  gibibytes?: number;
  beforeCommit?: () => Promise<void>;
}

/** Imports content that comes in chunks of the given size, as a file or a pipe might give it. */
export async function loadContent(
  database: TestDatabase,
  content: Buffer | string,
  options: LoadOptions,
): Promise<ImportResult> {
  const {
    chunkBytes = 64,
    rejectsFile,
    tolerated = [],
    priority = ['tushare', 'akshare', 'wind'],
    gibibytes,
  } = options;
  const bytes = Buffer.from(content);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const input = { name: 'the file', bytes: Readable.from(chunks) as AsyncIterable<Buffer> };
  const limit = { gibibytes: gibibytes ?? 1, isChosen: gibibytes !== undefined };
  const rejects = await RejectsFile.prepare({
    file: rejectsFile,
    importedFile: options.importedFile ?? 'unused',
    input: { dev: 0, ino: 0 },
    overwrite: true,
  });
  try {
    return await importFile(database.pool, {
      text: readText(input, limit, () => undefined),
      rejects,
      today: '2024-06-28',
      priority,
      tolerated: new Set(tolerated),
      isTrial: options.isTrial ?? false,
      beforeCommit: options.beforeCommit ?? (async () => undefined),
      signal: new AbortController().signal,
    });
  } catch (error) {
    await rejects.discard();
    throw error;
  }
}
