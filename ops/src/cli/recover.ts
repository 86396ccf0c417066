import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { UsageError } from '../../../app/src/runtime/usage-error';
import type { RecoveryPlan } from '../recover/recover';
import type { RecoveryJournal } from '../recover/recovery';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { requireConfirmed } from './confirm';
import { type LockOptions, withLockOptions } from './lock-options';
import { parseMoment } from './moment';
import { ageText, momentText } from './texts';

interface RecoverCommandOptions extends AnswerOptions, LockOptions {
  from?: string;
  backup: string;
  time?: Date;
  resume?: boolean;
  dryRun?: boolean;
  despiteKeys?: boolean;
  confirm?: string;
}

/** Adds `stockops recover`. */
export function addRecover(program: Command): void {
  withLockOptions(program.command('recover'))
    .description('bring a whole environment back in an empty cluster or engine, from a copy of its database')
    .argument('[environment]', 'as config/environments names it')
    .option('--from <store>', 'folder of a store of copies on this machine, or s3://BUCKET/PREFIX of the environment')
    .option('--backup <copy>', 'name of the copy, or latest', 'latest')
    .option(
      '--time <moment>',
      'instead of a copy: the database as it was then, such as 2026-11-26T14:00:00+08:00',
      parseMoment,
    )
    .option('--resume', 'go on with the one that was begun here, as the same command does')
    .option('--dry-run', 'look at everything, say what would be done, and do nothing')
    .option('--despite-keys', 'also without the key of API keys: they all become void')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Runs in a checkout of the repository, at the version that ran: npm run stockops -- recover …
What was kept apart is given as SECRET_KEY_FILE, BACKUP_AGE_IDENTITY_FILE, BACKUP_S3_ACCESS_KEY_FILE and
BACKUP_S3_SECRET_KEY_FILE; with STOCK_API_KEY_FILE a key that was valid before is tried at the end.

It looks first, and asks before it changes anything. Each step is written into .local/recover/ENVIRONMENT/journal.json
before and after: a run that was stopped or killed is gone on with by the same command. A target with data is refused.

Examples:
  npm run stockops -- recover dev --from /mnt/copies --dry-run
  SECRET_KEY_FILE=kept/secret-key npm run stockops -- recover dev --from /mnt/copies
  SECRET_KEY_FILE=kept/secret-key npm run stockops -- recover dev --from /mnt/copies --time 2026-11-26T14:00:00+08:00
  npm run stockops -- recover --resume
${exitCodeHelp}`,
    )
    .action((environment: string | undefined, options: RecoverCommandOptions) =>
      answer('recover', options, async (progress, signal) => {
        const { recover, rtoSeconds } = await import('../recover/recover.js');
        const { addressOf, wantedCopy } = await import('../recover/source.js');
        const { requireCheckout } = await import('../place/synthesized.js');
        if (environment === undefined && !options.resume) {
          throw new UsageError('which environment? Say its name and --from, or --resume');
        }
        const copy = wantedCopy(options.backup);
        if (copy !== undefined && options.time) throw new UsageError('give --backup or --time, not both');
        const { plan, journal } = await recover({
          root: requireCheckout(),
          environment,
          from: options.from && addressOf(options.from),
          copy: options.time?.toISOString() ?? copy,
          despiteKeys: options.despiteKeys === true,
          isDry: options.dryRun === true,
          message: options.message,
          breakLock: options.breakLock,
          progress,
          signal,
          confirm: async (found) => {
            for (const line of planLines(found)) progress.note(line);
            // Who began it has typed it.
            if (!found.begun) await requireConfirmed(found.environment, options.confirm, signal);
          },
        });
        return journal ? recoveredAnswer(plan, journal, rtoSeconds(journal)) : dryAnswer(plan);
      }),
    );
}

function planLines({ environment, chosen, keys, place, begun }: RecoveryPlan): string[] {
  return [
    `${environment}: into ${place.name}, ${chosen.text}`,
    ...keys,
    begun
      ? `going on with what was begun at ${momentText(begun.content.startedAt)}: ${begun.page.place}`
      : `lost is what came later: ${ageText(ageSeconds(chosen.snapshotAt, new Date()))}`,
  ];
}

const ageSeconds = (snapshotAt: string, at: Date): number => Math.round((at.getTime() - Date.parse(snapshotAt)) / 1000);

function dryAnswer(plan: RecoveryPlan): Answer {
  const { environment, from, chosen, steps } = plan;
  const described = steps.map(({ name, phase, text }) => ({ name, phase, text }));
  return {
    json: { environment, from, copy: chosen.copy, dryRun: true, steps: described },
    lines: [
      ...planLines(plan),
      ...alignedTable(
        ['', 'PHASE', 'STEP'],
        described.map(({ phase, text }, index) => [`${index + 1}`, phase, text]),
      ),
      'nothing was changed; the same without --dry-run does it',
    ],
  };
}

function recoveredAnswer({ environment, steps }: RecoveryPlan, journal: RecoveryJournal, rtoSeconds: number): Answer {
  const { copy, from, snapshotAt, startedAt } = journal.content;
  const rpoSeconds = ageSeconds(snapshotAt, new Date(startedAt));
  const taken = steps.map(({ name, phase, text }) => ({ name, phase, text, ...journal.step(name) }));
  return {
    json: { environment, from, copy, rtoSeconds, rpoSeconds, steps: taken },
    lines: [
      ...alignedTable(
        ['PHASE', 'STEP', 'SECONDS', 'FOUND'],
        taken.map(({ phase, text, seconds = 0, found = '' }) => [phase, text, seconds.toFixed(1), found]),
      ),
      `${environment} is in use again: RTO ${rtoSeconds} s from the beginning to the first answer, RPO ${ageText(rpoSeconds)} (the age of what was brought back)`,
    ],
  };
}
