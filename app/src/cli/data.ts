import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Dataset, datasets, type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { dayInShanghai } from '../market/trading-day';
import { UsageError } from '../runtime/usage-error';
import { type SourceName, sourceNames } from '../sources/source';
import { parseDataset, parseDatasets, parseDay, parseSymbols } from './arguments';
import { exitCodeHelp, exitCodes, print } from './terminal';

const today = () => dayInShanghai(new Date());
const firstDay = '1990-12-19';
const source = () => new Option('--source <source>', 'where from').choices(['auto', ...sourceNames]).default('auto');

interface BackfillOptions {
  dataset?: Dataset[];
  from: string;
  to: string;
  symbols?: string[];
  symbolsFile?: string;
  source: SourceName | 'auto';
  wait: boolean;
}

function addBackfill(program: Command): void {
  program
    .command('backfill')
    .description('load history in the background, month by month, and follow it')
    .option('--dataset <datasets>', `comma-separated (default: ${historicalDatasets.join(',')})`, parseDatasets)
    .requiredOption('--from <day>', 'first day, as YYYY-MM-DD', parseDay)
    .option('--to <day>', 'last day', parseDay, today())
    .option('--symbols <symbols>', 'stocks, comma-separated (default: every stock)', parseSymbols)
    .addOption(new Option('--symbols-file <file>', 'a file with one stock on each line').conflicts('symbols'))
    .addOption(source())
    .option('--no-wait', 'print the id of the job and return')
    .addHelpText(
      'after',
      `
  The work is done by the workers. Ctrl-C ends the following alone; the same command again follows on. What is stored
  already is not fetched again when a part failed in between.

  Examples:
    stock backfill --from 2015-01-01
    stock backfill --dataset daily --from 2024-01-02 --to 2024-03-29 --symbols 600000.SH,000001.SZ
    stock backfill --dataset adj_factor --from 2010-01-01 --symbols-file watched.txt --source tushare
  ${exitCodeHelp}`,
    )
    .action(async ({ dataset, from, to, symbols, symbolsFile, source, wait }: BackfillOptions) => {
      const { backfill, readSymbolsFile } = await import('../commands/backfill.js');
      const named = symbolsFile ? await readSymbolsFile(symbolsFile) : symbols;
      const order = { datasets: dataset, source, symbols: named, start: from, end: to };
      const job = await backfill(order, wait, ({ id }, isNew) =>
        print(isNew ? `job ${id}` : `job ${id}, which is under way already`),
      );
      if (!job) return;
      if (job.state !== 'completed')
        throw new Error(`the job ended as ${job.state}: ${job.error ?? 'no reason given'}`);
      const { children, completed, unsuccessful, gaps } = job.result as import('../commands/backfill').BackfillReport;
      print(`${completed} of ${children} parts loaded`);
      for (const { request, error } of unsuccessful) {
        print(`not loaded: ${request.dataset} ${request.start} to ${request.end}: ${error ?? 'revoked'}`);
      }
      if (gaps && gaps.missing_bars > 0) {
        print(
          `${gaps.missing_bars} daily bars of ${gaps.stocks_with_gaps} stocks are missing, suspensions not counted`,
        );
      }
      if (unsuccessful.length > 0) process.exitCode = exitCodes.failure;
    });
}

function addSync(program: Command): void {
  program
    .command('sync')
    .description('bring datasets up to date, from the latest day of each')
    .argument('[datasets...]', `of ${datasets.join(', ')} (default: all but realtime)`)
    .addOption(source())
    .addHelpText(
      'after',
      `
  The work is done by the workers, a dataset after the other. An empty dataset gets its last 30 days; for more, use
  \`stock backfill\`.

  Examples:
    stock sync
    stock sync trade_cal stock_basic daily --source tushare
  ${exitCodeHelp}`,
    )
    .action(async (names: string[], options: { source: SourceName | 'auto' }) => {
      const wanted = names.map(readDataset);
      const { sync } = await import('../commands/sync.js');
      const inOrder = datasets.filter((dataset) =>
        wanted.length > 0 ? wanted.includes(dataset) : dataset !== 'realtime',
      );
      for await (const { dataset, job, result, repaired } of sync(inOrder, options.source)) {
        if (result) {
          const { inserted, updated, unchanged, quarantined, failed_parts } = result;
          print(
            `${dataset}: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged, ${quarantined} quarantined, from ${result.source ?? 'no source'}`,
          );
          for (const { symbols, reason } of failed_parts)
            print(`${dataset}: ${symbols?.join(',')} not loaded: ${reason}`);
          continue;
        }
        if (repaired) {
          print(
            `${dataset}: asked again for what was missing; ${repaired.missing[dataset as HistoricalDataset] ?? 0} rows still are`,
          );
          continue;
        }
        print(`${dataset}: ${job.state}: ${job.error ?? 'no reason given'}`);
        process.exitCode = exitCodes.failure;
      }
    });
}

function readDataset(name: string): Dataset {
  try {
    return parseDataset(name);
  } catch (error) {
    throw error instanceof InvalidArgumentError ? new UsageError(error.message) : error;
  }
}

interface ExportOptions {
  symbol?: string[];
  symbols?: string[];
  from: string;
  to: string;
  adjust: 'none' | 'qfq' | 'hfq';
  format: 'csv' | 'json' | 'parquet';
  output: string;
  overwrite: boolean;
}

function addExport(program: Command): void {
  program
    .command('export')
    .description('write daily bars to a file')
    .addOption(new Option('--symbol <symbol>', 'one stock').argParser(parseSymbols).conflicts('symbols'))
    .option('--symbols <symbols>', 'stocks, comma-separated', parseSymbols)
    .option('--from <day>', 'first day, as YYYY-MM-DD', parseDay, firstDay)
    .option('--to <day>', 'last day', parseDay, today())
    .addOption(
      new Option('--adjust <how>', 'none: as traded; qfq: forward; hfq: backward')
        .choices(['none', 'qfq', 'hfq'])
        .default('none'),
    )
    .addOption(new Option('--format <format>', 'form of the file').choices(['csv', 'json', 'parquet']).default('csv'))
    .requiredOption('--output <file>', 'the file; - is standard output')
    .option('--overwrite', 'replace a regular file of that name', false)
    .addHelpText(
      'after',
      `
  A CSV file of prices as traded can be imported into another installation: \`stock import\`.

  Examples:
    stock export --symbol 600000.SH --output 600000.csv
    stock export --symbol 600000.SH --format json --output - | jq length
    stock export --symbols 600000.SH,000001.SZ --from 2020-01-01 --adjust qfq --format parquet --output two.parquet
  ${exitCodeHelp}`,
    )
    .action(async ({ symbol, symbols, from, to, output, overwrite, ...form }: ExportOptions) => {
      const wanted = symbol ?? symbols;
      if (!wanted) throw new UsageError('name the stocks with --symbol or --symbols');
      const { exportBars } = await import('../commands/export.js');
      const bytes = await exportBars({ symbols: wanted, start: from, end: to, file: output, overwrite, ...form });
      if (output !== '-') print(`${output}: ${bytes} bytes`);
    });
}

/** Adds the commands that load data from sources, and write it to files. */
export function addData(program: Command): void {
  addBackfill(program);
  addSync(program);
  addExport(program);
}
