import { type Command, InvalidArgumentError } from 'commander';
import { readEnvironment } from '../env';
import { print } from './terminal';

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

  program
    .command('db')
    .description('look after the database')
    .command('maintain')
    .description("make this and next year's partition where missing, refresh the planner's statistics; for every night")
    .action(async () => {
      const { maintainDatabase } = await import('../commands/maintain.js');
      for (const line of await maintainDatabase()) print(line);
    });
}
