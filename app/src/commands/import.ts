import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { openAnswerCache } from '../answer-cache';
import { UsageError } from '../cli/terminal';
import { readEnvironment } from '../env';
import { type ImportResult, importFile, openInput } from '../ingest/import-file';
import { CsvFormatError } from '../ingest/tushare-csv';
import { createLogger } from '../logging';
import { dayInShanghai } from '../market/trading-day';
import { withDatabase } from './database';

/** Loads a file into stock_data, with a progress bar where a person is watching. */
export async function importCommand(
  file: string,
  rejectsFile = file === '-' ? 'stdin.rejects.csv' : `${file}.rejects.csv`,
): Promise<ImportResult & { seconds: number }> {
  const environment = readEnvironment('import');
  const isFile = file !== '-';
  if (isFile && !statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(`there is no file '${file}'; name a CSV file, or - for standard input`);
  }
  const cache = openAnswerCache(environment, createLogger('stock-analysis-import', 'WARNING', process.stderr));
  const bar = new SingleBar({ format: 'importing [{bar}] {percentage}% | {duration_formatted}' });
  const started = performance.now();
  try {
    if (isFile && process.stderr.isTTY) bar.start(statSync(file).size, 0);
    const result = await withDatabase(environment, (database) =>
      importFile(database, {
        input: openInput(file),
        rejectsFile,
        today: dayInShanghai(new Date()),
        onProgress: (bytes) => bar.update(bytes),
      }),
    );
    await cache?.invalidate(result.changedSymbols);
    return { ...result, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    throw error instanceof CsvFormatError ? new UsageError(error.message) : error;
  } finally {
    bar.stop();
    cache?.close();
  }
}
