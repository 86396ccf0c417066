import { type Command, InvalidArgumentError } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import type { DeploymentJournal } from '../ledger/deployments';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { type LockOptions, withLockOptions } from './lock-options';

interface DeployCommandOptions extends AnswerOptions, LockOptions {
  anew?: boolean;
  soak: number | false;
  despite: string[];
}

interface RollbackCommandOptions extends AnswerOptions, LockOptions {
  to?: string;
}

const shortestSoak = 60;
const longestSoak = 86_400;

function parseSoak(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= shortestSoak && seconds <= longestSoak) return seconds;
  throw new InvalidArgumentError(
    `allowed: a whole number of seconds from ${shortestSoak} to ${longestSoak}; --no-soak does without`,
  );
}

const addId = (id: string, before: string[]): string[] => [...before, id.toUpperCase()];

/** Adds `stockops deploy` and `stockops rollback`. */
export function addDeploy(program: Command): void {
  locked(program.command('deploy'))
    .description('deploy what this checkout describes; watch it, and go back where it is worse than what ran before')
    .option('--soak <seconds>', 'how long it is watched before it is called good', parseSoak, 300)
    .option('--no-soak', 'call it good without watching it, as where nobody uses it')
    .option('--anew', 'although another deployment was begun and did not come to its end, which is left as it is')
    .option('--despite <check>', 'although it is not well, such as BACKUP-001; may be given again', addId, [])
    .addHelpText(
      'after',
      `
Runs in a checkout of the repository: npm run stockops -- deploy …; APPLICATION_IMAGE names another image than its configuration.
The doctor is asked first: where one of its checks fails nothing is changed, unless that one is named by --despite. Each step is written down where the environment is before and after: a run that was stopped or killed is gone on with by the same
command. Where the application of the release is bad, that of the last good release comes back; data and platform stay.
docs/deploy.md walks it.

Examples:
  npm run stockops -- deploy staging --message 'new index of jobs'
  npm run stockops -- deploy dev --no-soak
${exitCodeHelp}`,
    )
    .action((environment: string, options: DeployCommandOptions) =>
      answer('deploy', options, async (progress, signal) => {
        const { deploy } = await import('../deploy/deploy.js');
        const journal = await deploy({
          environment,
          message: options.message,
          breakLock: options.breakLock,
          anew: options.anew === true,
          soakSeconds: options.soak === false ? 0 : options.soak,
          despite: options.despite,
          progress,
          signal,
        });
        return deployedAnswer(journal, `${environment} runs release ${journal.content.id}, ${journal.content.image}`);
      }),
    );

  locked(program.command('rollback'))
    .description('put the application of the last good release in the place of the one that runs')
    .option('--to <release>', 'another good one, as stockops history lists them')
    .addHelpText(
      'after',
      `\nData, and what is not of the application, stay as they are; a freeze does not hinder it.\n${exitCodeHelp}`,
    )
    .action((environment: string, options: RollbackCommandOptions) =>
      answer('rollback', options, async (progress, signal) => {
        const { rollback } = await import('../deploy/rollback.js');
        const { message, breakLock } = options;
        const { journal, to } = await rollback({ environment, to: options.to, message, breakLock, progress, signal });
        return deployedAnswer(journal, `${environment} runs release ${to.id} again, ${to.image}`);
      }),
    );
}

const locked = (command: Command): Command =>
  withLockOptions(command.argument('<environment>', 'as config/environments names it')).option('--json', 'print JSON');

function deployedAnswer({ content }: DeploymentJournal, last: string): Answer {
  return {
    json: { deployment: content },
    lines: [
      ...alignedTable(
        ['STEP', 'SECONDS', 'FOUND'],
        content.steps.map(({ name, seconds = 0, found = '' }) => [
          name,
          seconds.toFixed(1),
          found.split('\n')[0] ?? '',
        ]),
      ),
      last,
    ],
  };
}
