import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../runtime/usage-error';
import { parseLimit } from './jobs';
import { momentText, printTable } from './table';
import { exitCodeHelp, print, printJson } from './terminal';

const unitSeconds: Record<string, number> = { d: 86_400, h: 3_600 };

function parseAge(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (unitSeconds[unit] as number);
  throw new InvalidArgumentError('allowed: days or hours, such as 30d or 12h');
}

function parseLetterId(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new InvalidArgumentError(`'${text}' is not the number of a dead letter; \`stock dlq list\` shows them`);
}

/** Adds `stock dlq`. */
export function addDeadLetters(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('list, show, replay and purge dead letters: jobs that failed for good')
    .addHelpText('after', exitCodeHelp);
  dlq
    .command('list')
    .description('list dead letters, the newest first')
    .option('--replayed', 'those that were replayed instead of those that were not')
    .option('--limit <count>', 'most letters to list', parseLimit, 50)
    .option('--json', 'print JSON')
    .action(async (options: { replayed?: boolean; limit: number; json?: boolean }) => {
      const { findLetters } = await import('../commands/dlq.js');
      const letters = await findLetters(options.replayed ?? false, options.limit);
      if (options.json) {
        printJson(letters);
        return;
      }
      const rows = letters.map(({ id, type, error_kind, attempts, failed_at, error }) => [
        id,
        type,
        error_kind ?? '-',
        String(attempts),
        momentText(failed_at),
        error,
      ]);
      printTable(['ID', 'TYPE', 'KIND', 'ATTEMPTS', 'FAILED', 'ERROR'], rows);
    });
  dlq
    .command('show')
    .description('show a dead letter as JSON')
    .argument('<id>', 'its number', parseLetterId)
    .action(async (id: string) => {
      const { showLetter } = await import('../commands/dlq.js');
      printJson(await showLetter(id));
    });
  dlq
    .command('replay')
    .description('submit what failed once more; prints the ids of the new jobs')
    .argument('[id]', 'number of the dead letter', parseLetterId)
    .option('--all', 'every letter that was not replayed yet')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, { all, json }: { all?: boolean; json?: boolean }) => {
      if ((id === undefined) === (all === undefined)) throw new UsageError('name a dead letter, or give --all');
      const { replay } = await import('../commands/dlq.js');
      const jobIds = await replay(id);
      if (json) print(JSON.stringify({ job_ids: jobIds }));
      else for (const jobId of jobIds) print(jobId);
    });
  dlq
    .command('purge')
    .description('forget dead letters, replayed or not')
    .requiredOption('--older-than <age>', 'those that failed longer ago, such as 30d or 12h', parseAge)
    .option('--json', 'print JSON')
    .action(async ({ olderThan, json }: { olderThan: number; json?: boolean }) => {
      const { purge } = await import('../commands/dlq.js');
      const purged = await purge(olderThan);
      print(json ? JSON.stringify({ purged }) : `purged ${purged} dead letters`);
    });
}
