import type { Command } from 'commander';
import { exitCodeHelp, exitCodes, print } from './terminal';

/** Adds `stock import`. */
export function addImport(program: Command): void {
  program
    .command('import')
    .description("load a CSV file of Tushare's `daily` interface into stock_data")
    .argument('<file>', 'gzip or plain; - reads standard input')
    .option('--rejects <path>', 'where rejected rows go (default: FILE.rejects.csv)')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
  The first line names the columns: ts_code, trade_date (YYYYMMDD), open, high, low, close, pre_close, change, pct_chg,
  vol (lots of 100 shares), amount (thousand yuan). All good rows are stored in one transaction; each bad row goes to the
  rejects file with its line number and the reason. Importing the same file again writes nothing.

  Examples:
    stock import daily.csv.gz
    zcat daily.csv.gz | stock import - --rejects bad.csv --json
  ${exitCodeHelp}`,
    )
    .action(async (file: string, options: { rejects?: string; json?: boolean }) => {
      const { importCommand } = await import('../commands/import.js');
      const { changedSymbols, seconds, ...rows } = await importCommand(file, options.rejects);
      if (options.json) {
        print(JSON.stringify({ ...rows, changedSymbols: changedSymbols.length, seconds: Number(seconds.toFixed(3)) }));
      } else {
        const { read, inserted, updated, unchanged, rejected, rejectsFile } = rows;
        print(
          `${read} rows read in ${seconds.toFixed(1)} s: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`,
        );
        if (rejectsFile) print(`rejected rows, with the reason: ${rejectsFile}`);
      }
      if (rows.rejected > 0) process.exitCode = exitCodes.someRowsRejected;
    });
}
