import { alignedTable } from '../../../app/src/cli/table';
import { dayInShanghai } from '../../../app/src/market/trading-day';
import { UsageError } from '../../../app/src/runtime/usage-error';
import type { EnvironmentOf } from '../environment';
import { shownName } from '../maintain/catalog';
import type { Done, MaintainOptions } from '../maintain/maintain';
import type { MaintenanceStep, Scope } from '../maintain/steps';
import type { Answer } from './answer';
import { requireConfirmed } from './confirm';
import type { MaintainCommandOptions } from './maintain-options';
import { leftoversAnswer } from './maintain-parts';
import type { Progress } from './progress';
import { bytesText } from './texts';

type Maintaining = EnvironmentOf<'maintain'>;

/** The largest, of which a person wants to know. */
const shownTables = 10;

/** The upkeep of the database of this process. */
export async function maintainDatabase(
  server: Maintaining,
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  requireOfDatabase(options);
  if (options.vacuumFull !== undefined) return fullVacuum(server, options.vacuumFull, options, progress, signal);
  const left = options.only === 'database' ? nothing : await workAnswer(server, options, signal);
  if (options.only === 'leftovers') return left;
  const done = await (options.dryRun ? dryAnswer(server, options) : doneAnswer(server, options, progress, signal));
  return { ...done, json: { ...done.json, ...left.json }, lines: [...done.lines, ...left.lines] };
}

const nothing: Answer = { json: {}, lines: [] };

/** @throws UsageError for what an environment alone has */
function requireOfDatabase({ only, deleteIndex }: MaintainCommandOptions): void {
  if (deleteIndex === undefined && only !== 'logs' && only !== 'indices') return;
  throw new UsageError(
    'logs and their indices are those of an environment; name it: npm run stockops -- maintain ENVIRONMENT',
  );
}

/** What drills and restores left, copies in clear among it. */
async function workAnswer(
  { BACKUP_WORK: work }: Maintaining,
  { cleanUp, dryRun }: MaintainCommandOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { workLeftovers } = await import('../maintain/leftovers/work-leftovers.js');
  const { takeAway } = await import('../maintain/leftovers/leftover.js');
  const found = await workLeftovers(work);
  if (found.length === 0) return { json: { leftovers: [] }, lines: [] };
  return leftoversAnswer(found, cleanUp && !dryRun ? await takeAway(found, signal) : []);
}

const scopeOf = ({ monthly }: MaintainCommandOptions): Scope => (monthly ? 'monthly' : 'weekly');

const yearInShanghai = (): number => Number(dayInShanghai(new Date()).slice(0, 4));

async function dryAnswer(server: Maintaining, options: MaintainCommandOptions): Promise<Answer> {
  const { planOf } = await import('../maintain/maintain.js');
  const steps = await planOf(server, scopeOf(options), yearInShanghai());
  return {
    json: { scope: scopeOf(options), dryRun: true, steps: steps.map(({ run: _, ...step }) => step) },
    lines: [...stepLines(steps), 'nothing was done; the same without --dry-run does it'],
  };
}

async function doneAnswer(
  server: Maintaining,
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  const { maintain } = await import('../maintain/maintain.js');
  const { noteMaintained } = await import('../maintain/maintenance-record.js');
  const scope = scopeOf(options);
  const found = await maintain(server, maintainOptions(options, progress, signal));
  const failed = found.done.filter(({ error }) => error !== undefined);
  if (failed.length === 0) await noteMaintained(server.BACKUP_WORK, scope);
  const { before, after } = found.databaseBytes;
  return {
    json: { ...found },
    ok: failed.length === 0,
    lines: [
      ...doneLines(found.done),
      ...alignedTable(
        ['TABLE', 'SIZE', 'INDEXES', 'ROWS', 'DEAD', 'EMPTY, ABOUT'],
        found.tables
          .slice(0, shownTables)
          .map((table) => [
            shownName(table),
            bytesText(table.bytes),
            bytesText(table.indexBytes),
            `${table.rows ?? '?'}`,
            `${table.deadRows}`,
            percentText(table.bloat),
          ]),
      ),
      ...(found.leftAlone.length > 0 ? [`left alone, as others own them: ${found.leftAlone.join(', ')}`] : []),
      `${bytesText(before)} before, ${bytesText(after)} now; ${found.done.length} done, ${failed.length} failed, ${found.left} left for the next time`,
    ],
  };
}

const maintainOptions = (
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): MaintainOptions => ({
  scope: scopeOf(options),
  year: yearInShanghai(),
  limitSeconds: options.limitHours * 3_600,
  progress,
  signal,
});

function stepLines(steps: readonly MaintenanceStep[]): string[] {
  const told = steps.filter(({ kind }) => kind !== 'analyze');
  return [
    ...tableOf(
      ['WHAT', 'OF', 'SIZE', 'WHY'],
      told.map(({ kind, object, bytes, why }) => [kind, object, bytesText(bytes), why]),
    ),
    `and fresh statistics of ${steps.length - told.length} tables`,
  ];
}

function doneLines(done: readonly Done[]): string[] {
  const told = done.filter(({ kind, error }) => kind !== 'analyze' || error !== undefined);
  return [
    ...tableOf(
      ['DONE', 'OF', 'SIZE', 'SECONDS', 'WHY'],
      told.map(({ kind, object, bytes, bytesAfter, seconds, error, why }) => [
        kind,
        object,
        bytesAfter === undefined ? bytesText(bytes) : `${bytesText(bytes)} -> ${bytesText(bytesAfter)}`,
        seconds.toFixed(1),
        error === undefined ? why : `failed: ${error}`,
      ]),
    ),
    `statistics of ${done.length - told.length} tables are fresh`,
    '',
  ];
}

const tableOf = (head: readonly string[], rows: string[][]): string[] =>
  rows.length > 0 ? alignedTable([...head], rows) : [];

const percentText = (share: number | null): string => (share === null ? '?' : `${Math.round(share * 100)} %`);

async function fullVacuum(
  server: Maintaining,
  name: string,
  { dryRun, confirm }: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  const { lookAtFullVacuum, vacuumFull } = await import('../maintain/vacuum-full.js');
  const found = await lookAtFullVacuum(server, name);
  const { table, lockSeconds } = found;
  const warning = `VACUUM FULL of ${shownName(table)}: ${bytesText(table.bytes)} and ${bytesText(table.indexBytes)} of indexes, about ${percentText(table.bloat)} of it empty; nobody reads or writes it for about ${lockSeconds} s, and it needs as much room again meanwhile`;
  if (dryRun) return { json: { table, lockSeconds, dryRun: true }, lines: [warning, 'nothing was done'] };
  progress.note(warning);
  await requireConfirmed(shownName(table), confirm, signal, 'table');
  const { seconds, bytes } = await progress.step('writing it anew', () => vacuumFull(server, found, signal));
  return {
    json: { table, seconds, bytes },
    lines: [
      `${shownName(table)}: ${bytesText(table.bytes)} -> ${bytesText(bytes)}, locked for ${seconds.toFixed(1)} s`,
    ],
  };
}
