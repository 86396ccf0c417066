import { type Command, InvalidArgumentError } from 'commander';
import type { TableSize } from '../database/size';
import { readEnvironment } from '../runtime/env';
import { parseYear } from './arguments';
import { printTable } from './table';
import { exitCodeHelp, print, printJson } from './terminal';

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw new InvalidArgumentError('allowed: a whole number of seconds from 0');
}

/** Adds `stock migrate` and `stock db`. */
export function addDatabase(program: Command): void {
  program
    .command('migrate')
    .description('bring the database, and a job queue on PostgreSQL, to the schema of this version')
    .option('--wait <seconds>', 'how long to wait for a database that does not answer yet', parseSeconds, 60)
    .addHelpText('after', '\nSafe to run at any time and from several places at once: each migration runs once.')
    .action(async ({ wait }: { wait: number }) => {
      const environment = readEnvironment('migrate');
      const { migrate } = await import('../database/migrations.js');
      await migrate(environment, wait, print);
    });

  const db = program.command('db').description('look after the database').addHelpText('after', exitCodeHelp);
  db.command('maintain')
    .description("make this and next year's partition where missing, refresh the planner's statistics; for every night")
    .action(async () => {
      const { maintainDatabase } = await import('../commands/maintain.js');
      for (const line of await maintainDatabase()) print(line);
    });

  const partition = db.command('partition').description('the yearly partitions of stock_data');
  partition
    .command('list')
    .description('list the partitions with their days')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { partitions } = await import('../commands/storage.js');
      const found = await partitions();
      if (json) printJson(found);
      else
        printTable(
          ['PARTITION', 'FROM', 'TO (EXCLUSIVE)'],
          found.map(({ name, from, to }) => [name, from, to]),
        );
    });
  partition
    .command('ensure')
    .description('make the partition of a year where it is missing, while rows are read and written')
    .option('--year <year>', 'the year (default: this year and the next)', parseYear)
    .action(async ({ year }: { year?: number }) => {
      const { addPartitions } = await import('../commands/storage.js');
      for (const line of await addPartitions(year)) print(line);
    });

  db.command('index')
    .description('the indexes of stock_data')
    .command('ensure')
    .description('build missing and invalid indexes, one partition after the other, while rows are read and written')
    .addHelpText('after', '\nInterrupted, it goes on where it was when it is run again.')
    .action(async () => {
      const { buildIndexes } = await import('../commands/storage.js');
      await buildIndexes(print);
    });

  db.command('migrations')
    .description('which migrations the database has, and the version of this application')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { migrationsOfDatabase } = await import('../commands/storage.js');
      const found = await migrationsOfDatabase();
      if (json) printJson(found);
      else for (const name of found.applied) print(name);
    });

  db.command('size')
    .description('how much each table and partition takes up')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { tableSizes } = await import('../commands/storage.js');
      const sizes = await tableSizes();
      if (json) printJson(sizes);
      else printTable(['TABLE', 'ROWS', 'HEAP', 'INDEXES'], sizes.map(sizeCells));
    });
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`.padStart(12);

const sizeCells = ({ name, rows, heapBytes, indexBytes }: TableSize): string[] => [
  name,
  (rows === null ? '?' : String(rows)).padStart(10),
  megabytes(heapBytes),
  megabytes(indexBytes),
];
