import { type Command, InvalidArgumentError } from 'commander';
import type { ImportResult } from '../import/import-file';
import { exitCodeHelp, exitCodes, print } from './terminal';

interface ImportFlags {
  rejects?: string;
  overwrite: boolean;
  acceptUnmatchedAmounts: boolean;
  acceptClosedDays: boolean;
  maxSize?: number;
  dryRun: boolean;
  json?: boolean;
}

const defaultGibibytes = 8;

function parseGibibytes(text: string): number {
  const gibibytes = Number(text);
  if (gibibytes > 0 && gibibytes <= 1024) return gibibytes;
  throw new InvalidArgumentError(`'${text}' is not a size; give GiB from 0 up to 1024, such as 20`);
}

const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([rule, rows]) => `${rows} ${rule}`)
    .join(', ');

/** What is to be said of a file, besides how many rows it had. */
function remarksOn(result: ImportResult): string[] {
  const { rejected, rejectedBy, rejectsFile, rejectsWritten, toleratedBy, unusualBy } = result;
  const remarks: string[] = [];
  if (rejectsFile) {
    const which = rejectsWritten < rejected ? `the first ${rejectsWritten} rejected rows` : 'rejected rows';
    remarks.push(`${which}, with the reason: ${rejectsFile}`, `rejected by rule: ${counted(rejectedBy.toJSON())}`);
  }
  if (rejectedBy.of('unit_check') > 0) {
    remarks.push(
      'unit_check: the amount is not about price times volume. Are vol and amount in the units that the header stands for, and',
      'the prices as traded? --accept-unmatched-amounts stores such rows all the same',
    );
  }
  if (toleratedBy.total > 0) remarks.push(`stored against a rule, as asked: ${counted(toleratedBy.toJSON())}`);
  if (unusualBy.total > 0) remarks.push(`stored, but unusual: ${counted(unusualBy.toJSON())}`);
  return remarks;
}

/** Adds `stock import`. */
export function addImport(program: Command): void {
  program
    .command('import')
    .description('load a CSV file of daily bars into stock_data')
    .argument('<file>', 'gzip or plain; - reads standard input')
    .option(
      '--rejects <path>',
      'where rejected rows go (default: FILE.rejects.csv, or the first such name that is free)',
    )
    .option('--overwrite', 'let --rejects replace a regular file', false)
    .option('--accept-unmatched-amounts', 'store rows whose amount is not about price times volume', false)
    .option('--accept-closed-days', 'store rows of days on which the exchange did not trade', false)
    .option('--max-size <GiB>', `text a file may hold, decompressed (default: ${defaultGibibytes})`, parseGibibytes)
    .option('--dry-run', 'read and check everything, and store nothing', false)
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
  The first line names the columns, which say what the file is; others are ignored. It is CSV in UTF-8, as RFC 4180 has it.
    Tushare's daily   ts_code, trade_date, open, high, low, close, pre_close, change, pct_chg, vol (lots of 100 shares),
                      amount (thousand yuan)
    stock export      symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume (shares), amount
                      (yuan), source; prices as traded
  Prices are as traded. Days are written as 20240102 or 2024-01-02. Rows keep the rules that those of sources keep, and
  the rank of their source: a row does not replace one of a source that comes before it in SOURCE_PRIORITY. All good rows
  are stored in one transaction; each bad row goes to the rejects file with its line and the reason. Importing the same
  file again writes nothing.

  Examples:
    stock import daily.csv.gz
    stock import --dry-run --rejects bad.csv daily.csv
    zcat daily.csv.gz | stock import - --rejects bad.csv --json
  ${exitCodeHelp}`,
    )
    .action(async (file: string, flags: ImportFlags) => {
      const { importCommand } = await import('../commands/import.js');
      const tolerated = new Set<string>();
      if (flags.acceptUnmatchedAmounts) tolerated.add('unit_check');
      if (flags.acceptClosedDays) tolerated.add('not_a_trading_day');
      const result = await importCommand({
        file,
        rejectsFile: flags.rejects,
        overwrite: flags.overwrite,
        tolerated,
        isTrial: flags.dryRun,
        limit: { gibibytes: flags.maxSize ?? defaultGibibytes, isChosen: flags.maxSize !== undefined },
      });
      const { read, inserted, updated, unchanged, rejected, changedSymbols, seconds } = result;
      if (flags.json) {
        const rounded = Number(seconds.toFixed(3));
        print(
          JSON.stringify({ ...result, changedSymbols: changedSymbols.length, dryRun: flags.dryRun, seconds: rounded }),
        );
      } else {
        const store = flags.dryRun ? ', nothing stored' : '';
        print(
          `${read} rows read in ${seconds.toFixed(1)} s: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected${store}`,
        );
        for (const remark of remarksOn(result)) print(remark);
      }
      if (rejected > 0) process.exitCode = exitCodes.someRowsRejected;
    });
}
