import { type Command, InvalidArgumentError, Option } from 'commander';
import { type JobRecord, type JobState, jobStates } from '../jobs/job-store';
import type { JobTypeName } from '../jobs/job-types';
import { type Dataset, datasets } from '../market/dataset';
import { type SourceName, sourceNames } from '../sources/source';
import { parseDatasets, parseList } from './arguments';
import { momentText, printTable } from './table';
import { exitCodeHelp, print, printJson } from './terminal';

// Known without loading what runs the jobs.
const types = ['ingest', 'backfill'] as const satisfies JobTypeName[];

interface OrderOptions {
  dataset?: Dataset;
  datasets?: Dataset[];
  source?: SourceName | 'auto';
  symbols?: string[];
  start?: string;
  end?: string;
  priority?: number;
  json?: boolean;
}

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError('allowed: a whole number from 1 to 1000');
}

function parsePriority(text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && priority >= 2 && priority <= 100) return priority;
  throw new InvalidArgumentError('allowed: a whole number from 2 to 100; lower ones run first');
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function parseJobId(text: string): string {
  if (idForm.test(text)) return text;
  throw new InvalidArgumentError(`'${text}' is not the id of a job; \`stock jobs list\` shows them`);
}

function printJobs(jobs: readonly JobRecord[]): void {
  const rows = jobs.map(({ id, type, state, priority, attempts, created_at, error, request }) => [
    id,
    type,
    state,
    String(priority),
    String(attempts),
    momentText(created_at),
    error ?? JSON.stringify(request),
  ]);
  printTable(['ID', 'TYPE', 'STATE', 'PRIORITY', 'ATTEMPTS', 'CREATED', 'ERROR OR REQUEST'], rows);
}

/** Adds `stock jobs`. */
export function addJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('list, show, submit and revoke jobs')
    .addHelpText('after', exitCodeHelp);
  jobs
    .command('list')
    .description('list jobs, the newest first')
    .addOption(new Option('--state <state>', 'those in this state').choices(jobStates))
    .addOption(new Option('--type <type>', 'those of this type').choices(types))
    .option('--limit <count>', 'most jobs to list', parseLimit, 50)
    .option('--json', 'print JSON')
    .action(async (options: { state?: JobState; type?: string; limit: number; json?: boolean }) => {
      const { findJobs } = await import('../commands/jobs.js');
      const found = await findJobs(options);
      if (options.json) printJson(found);
      else printJobs(found);
    });
  jobs
    .command('show')
    .description('show all that is recorded of a job, as JSON')
    .argument('<id>', 'id of the job', parseJobId)
    .action(async (id: string) => {
      const { showJob } = await import('../commands/jobs.js');
      printJson(await showJob(id));
    });
  jobs
    .command('submit')
    .description('make a job and print its id')
    .addHelpText(
      'after',
      `
An ingest loads one dataset; a backfill loads the history of several, month by month, and reports.

Examples:
  stock jobs submit ingest --dataset daily --start 2024-01-02 --end 2024-01-31
  stock jobs submit backfill --datasets daily,adj_factor --start 2015-01-01 --end 2023-12-31
  stock jobs submit ingest --dataset stock_basic --source tushare`,
    )
    .addArgument(jobs.createArgument('<type>', 'ingest or backfill').choices(types))
    .addOption(new Option('--dataset <dataset>', 'what an ingest loads (default: daily)').choices(datasets))
    .option('--datasets <datasets>', 'what a backfill loads, comma-separated', parseDatasets)
    .addOption(new Option('--source <source>', 'where from (default: auto)').choices(['auto', ...sourceNames]))
    .option('--symbols <symbols>', 'stocks, comma-separated (default: every stock)', parseList)
    .option('--start <day>', 'first day, as YYYY-MM-DD')
    .option('--end <day>', 'last day, as YYYY-MM-DD')
    .option('--priority <number>', '2 to 100, lower ones run first', parsePriority)
    .option('--json', 'print the job as JSON')
    .action(async (type: (typeof types)[number], { json, ...order }: OrderOptions) => {
      const { submit } = await import('../commands/jobs.js');
      const job = await submit({ type, ...order });
      if (json) printJson(job);
      else print(job.id);
    });
  jobs
    .command('revoke')
    .description('stop a job and its children, or keep them from running')
    .argument('<id>', 'id of the job', parseJobId)
    .action(async (id: string) => {
      const { revoke } = await import('../commands/jobs.js');
      const { state } = await revoke(id);
      print(state === 'revoked' ? `revoked ${id}` : `${id} runs; its worker stops it within seconds`);
    });
}
