import { SingleBar } from 'cli-progress';
import { openAnswerCache } from '../cache/answer-cache';
import { CsvFormatError } from '../import/csv-records';
import { type ImportResult, importFile } from '../import/import-file';
import { type InputFile, openInput, readText, type SizeLimit } from '../import/input-file';
import { RejectsFile } from '../import/rejects-file';
import { dayInShanghai } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
import { createLogger } from '../runtime/logging';
import { UsageError } from '../runtime/usage-error';
import { withDatabase } from './database';

/** What to import, and how. */
export interface ImportOrder {
  /** Name of the file; - for standard input. */
  file: string;
  /** Where rejected rows go; undefined for a name after the file's own. */
  rejectsFile: string | undefined;
  /** Whether a file of that name may be replaced. */
  overwrite: boolean;
  /** Names of the rules of data quality that rows may break. */
  tolerated: ReadonlySet<string>;
  /** Looks at everything and stores nothing. */
  isTrial: boolean;
  limit: SizeLimit;
}

/** A signal that ends when this process is asked to end. */
function untilInterrupted(): { signal: AbortSignal; release: () => void } {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Error('interrupted; nothing was stored'));
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, interrupt);
  return {
    signal: interruption.signal,
    release: () => {
      for (const name of names) process.off(name, interrupt);
    },
  };
}

async function load(order: ImportOrder, input: InputFile, onProgress: (bytes: number) => void): Promise<ImportResult> {
  const environment = readEnvironment('import');
  const { file, rejectsFile, overwrite, tolerated, isTrial, limit } = order;
  const importedFile = file === '-' ? 'stdin' : file;
  const rejects = await RejectsFile.prepare({ file: rejectsFile, importedFile, input: input.stats, overwrite });
  const cache = openAnswerCache(environment, createLogger('stock-analysis-import', 'WARNING', process.stderr));
  const { signal, release } = untilInterrupted();
  // What waits for more of a pipe would not hear of it.
  signal.addEventListener('abort', () => void input.close());
  try {
    const result = await withDatabase(environment, (database) =>
      importFile(database, {
        text: readText(input, limit, onProgress),
        rejects,
        today: dayInShanghai(new Date()),
        priority: environment.SOURCE_PRIORITY.daily,
        tolerated,
        isTrial,
        beforeCommit: () => input.requireUnchanged(),
        signal,
      }),
    );
    if (!isTrial) await cache?.invalidate(result.changedSymbols);
    return result;
  } catch (error) {
    await rejects.discard();
    throw error instanceof CsvFormatError ? new UsageError(`${input.name}: ${error.message}`) : error;
  } finally {
    release();
    cache?.close();
  }
}

/** Loads a file into stock_data, with a progress bar where a person is watching. */
export async function importCommand(order: ImportOrder): Promise<ImportResult & { seconds: number }> {
  const started = performance.now();
  const bar = new SingleBar({ format: 'importing [{bar}] {percentage}% | {duration_formatted}' });
  const input = await openInput(order.file);
  try {
    if (input.stats.isFile() && process.stderr.isTTY) bar.start(input.stats.size, 0);
    const result = await load(order, input, (bytes) => bar.update(bytes));
    return { ...result, seconds: (performance.now() - started) / 1000 };
  } finally {
    bar.stop();
    await input.close();
  }
}
