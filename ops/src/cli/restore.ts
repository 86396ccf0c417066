import type { Command } from 'commander';
import { parseDay } from '../../../app/src/cli/arguments';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { rowsOf } from '../backup/manifest';
import type { Store } from '../backup/store';
import { type EnvironmentOf, readOperationsEnvironment } from '../environment';
import type { RestoreOptions, RestorePlan } from '../restore/restore';
import type { Part } from '../restore/restore-rows';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { parseCopyId } from './backup';
import { requireConfirmed } from './confirm';
import { parseMoment } from './moment';
import { ageText, momentText } from './texts';

interface RestoreCommandOptions extends AnswerOptions {
  confirm?: string;
  despiteKeys?: boolean;
  time?: Date;
  table?: string;
  from?: string;
  to?: string;
}

/** Adds `stockops restore`. */
export function addRestore(program: Command): void {
  const restore = program
    .command('restore')
    .enablePositionalOptions()
    .description('put a copy in the place of the live database, which stays until it is forgotten')
    .argument('[copy]', 'name of the copy (default: the newest that is verified)')
    .option(
      '--time <moment>',
      'instead of a copy: the database as it was then, such as 2026-11-26T14:00:00+08:00',
      parseMoment,
    )
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option(
      '--table <name>',
      'only this table: stock_data, adjustment_factor, suspension, trading_calendar, stock or symbol_alias',
    )
    .option('--from <day>', 'with --table: from this day on', parseDay)
    .option('--to <day>', 'with --table: up to this day, included', parseDay)
    .option('--despite-keys', 'also where the key of API keys is another: they all become void')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The copy goes into a database of its own, is compared with its manifest row by row, and then changes names with the live
database: until then nothing changes. API, worker and scheduler have to be stopped before. Undo: stockops restore undo`,
    )
    .addHelpText('afterAll', exitCodeHelp)
    .action((id: string | undefined, options: RestoreCommandOptions) =>
      answer('restore', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('restore');
        const { withStore } = await import('../backup/open-store.js');
        const { newestVerified, planRestore, restoreCopy } = await import('../restore/restore.js');
        const { requireMarked } = await import('../backup/store.js');
        if (id !== undefined && options.time) throw new UsageError('give the name of a copy or --time, not both');
        const wanted = id === undefined ? undefined : await parseCopyId(id);
        const part = partOf(options);
        if (part) (await import('../restore/restore-rows.js')).refuseImpossiblePart(part);
        const restoring = { despiteKeys: options.despiteKeys === true, progress, signal };
        return withStore(environment, async (store) => {
          await requireMarked(store, environment.STOCK_ENVIRONMENT);
          const copyOf = async (moment: Date) => {
            const { copyOfMoment } = await import('../wal/recover.js');
            return copyOfMoment(store, environment, moment, { progress, signal });
          };
          const chosen = options.time ? await copyOf(options.time) : (wanted ?? (await newestVerified(store)));
          const plan = await planRestore(store, environment, chosen, restoring);
          for (const line of planLines(plan, environment.STOCK_ENVIRONMENT, part)) progress.note(line);
          await requireConfirmed(environment.STOCK_ENVIRONMENT, options.confirm, signal);
          const started = performance.now();
          if (part) return restorePart(store, environment, plan, part, restoring);
          const before = await restoreCopy(store, environment, plan, restoring);
          const seconds = Math.round((performance.now() - started) / 100) / 10;
          return {
            json: { id: plan.manifest.id, before, seconds },
            lines: [
              `${plan.manifest.id} is live after ${seconds} s; what was live before is ${before}`,
              'start the application again; undo it: stockops restore undo; once all is well: stockops restore forget',
            ],
          };
        });
      }),
    );

  restore
    .command('compare')
    .description('see whether the live database is as a copy has it, row by row')
    .argument('[copy]', 'name of the copy (default: the newest that is verified)')
    .option('--tables', 'only say how many tables the live database has')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nEnds with 1 where it is not, as it soon is where somebody writes.')
    .action((id: string | undefined, options: AnswerOptions & { tables?: boolean }) =>
      answer('restore compare', options, async (progress) => {
        const environment = readOperationsEnvironment('restore');
        const { withStore } = await import('../backup/open-store.js');
        const { manifestOf } = await import('../backup/verification.js');
        const { newestVerified } = await import('../restore/restore.js');
        const { compareWithCopy, liveTables } = await import('../restore/compare.js');
        if (options.tables) {
          const tables = await liveTables(environment);
          return { json: { tables }, lines: [`the live database has ${tables} tables`] };
        }
        const wanted = id === undefined ? undefined : await parseCopyId(id);
        const found = await withStore(environment, async (store) =>
          compareWithCopy(environment, await manifestOf(store, wanted ?? (await newestVerified(store))), progress),
        );
        const isSame = found.differences.length === 0;
        return {
          json: { ...found },
          ok: isSame,
          lines: isSame ? [`all ${found.rows} rows are as ${found.id} has them`] : found.differences,
        };
      }),
    );

  restore
    .command('undo')
    .description('put back what was live before the last restore')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .action((options: RestoreCommandOptions) =>
      answer('restore undo', options, async (_, signal) => {
        const environment = readOperationsEnvironment('restore');
        const { undoRestore } = await import('../restore/restore.js');
        await requireConfirmed(environment.STOCK_ENVIRONMENT, options.confirm, signal);
        const { restored, now } = await undoRestore(environment);
        return { json: { restored, now }, lines: [`${restored} is live again; what was live until now is ${now}`] };
      }),
    );

  restore
    .command('forget')
    .description('drop what restores left: the databases that were live before')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .action((options: RestoreCommandOptions) =>
      answer('restore forget', options, async (_, signal) => {
        const environment = readOperationsEnvironment('restore');
        const { forgetRestores } = await import('../restore/restore.js');
        await requireConfirmed(environment.STOCK_ENVIRONMENT, options.confirm, signal);
        const dropped = await forgetRestores(environment);
        return {
          json: { dropped },
          lines: dropped.length > 0 ? dropped.map((name) => `${name} dropped`) : ['nothing was left'],
        };
      }),
    );
}

/** One table is put back while all goes on; what is replaced is copied before. */
async function restorePart(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  plan: RestorePlan,
  part: Part,
  options: RestoreOptions,
): Promise<Answer> {
  const { createCopy } = await import('../backup/create.js');
  const { restoreRows } = await import('../restore/restore-rows.js');
  const before = await createCopy(store, environment, { lockWaitSeconds: 60, despiteClock: false, ...options });
  const { removed, inserted } = await restoreRows(store, environment, plan, part, options);
  const { id } = before.manifest;
  const words = [id, '--table', part.table, ...(part.days ? ['--from', part.days.from, '--to', part.days.to] : [])];
  return {
    json: { id: plan.manifest.id, before: id, removed, inserted },
    lines: [
      `${part.table} of ${plan.manifest.id} is live: ${removed} rows gave way to ${inserted}`,
      `undo it: stockops restore ${words.join(' ')}`,
    ],
  };
}

function partOf({ table, from, to }: RestoreCommandOptions): Part | undefined {
  if ((from === undefined) !== (to === undefined)) throw new UsageError('give --from and --to, or neither');
  if (table === undefined && from !== undefined) throw new UsageError('give --table with --from and --to');
  return table === undefined ? undefined : { table, days: from && to ? { from, to } : undefined };
}

function planLines(
  { manifest, ageSeconds, lost, migrations }: RestorePlan,
  environment: string,
  part: Part | undefined,
): string[] {
  const copy = `${environment}: copy ${manifest.id} of ${momentText(manifest.snapshotAt)}, ${ageText(ageSeconds)} old, ${rowsOf(manifest)} rows`;
  if (part) {
    const days = part.days ? `, ${part.days.from} to ${part.days.to}` : '';
    return [copy, `replaced is ${part.table}${days} alone; a copy is made before`];
  }
  return [
    copy,
    lost
      ? `lost is what came since: ${lost.jobs} jobs and ${lost.bars} bars of the live database`
      : 'lost is what came since; the live database cannot be asked how much that is',
    ...(migrations.length > 0
      ? [`its schema is older; the application's start brings it on: ${migrations.join(', ')}`]
      : []),
  ];
}
