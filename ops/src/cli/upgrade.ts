import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { type EnvironmentOf, readOperationsEnvironment } from '../environment';
import { exitCodes } from '../failures';
import type { UpgradeCheck } from '../upgrade/check';
import type { Undone } from '../upgrade/end-upgrade';
import type { Upgrading } from '../upgrade/upgrade';
import type { UpgradeState } from '../upgrade/upgrade-state';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { requireConfirmed } from './confirm';
import type { Progress } from './progress';

interface UpgradeOptions extends AnswerOptions {
  check?: boolean;
  confirm?: string;
}

/** Adds `stockops upgrade`. */
export function addUpgrade(program: Command): void {
  const upgrade = program
    .command('upgrade')
    .enablePositionalOptions()
    .description('bring the database to the next major version of the bundled PostgreSQL, step by step')
    .option('--check', 'only say whether it can be done, what it stops and what is different afterwards')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
On the old server: closes the database and makes its last copy, verified. Then postgres.major is changed and deployed, which brings
a new server with a volume of its own. On the new server: restores the copy, compares every row, and makes it live. Run again after
an interruption, it goes on. The old volume stays until: stockops upgrade confirm. The way back until then: stockops upgrade undo
docs/upgrade.md walks it.`,
    )
    .addHelpText('afterAll', exitCodeHelp)
    .action((options: UpgradeOptions) =>
      answer('upgrade', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('restore');
        if (options.check) return checkAnswer(environment);
        const walk = await import('../upgrade/upgrade.js');
        return upgrading(environment, options, { progress, signal }, async (each) =>
          stateAnswer(await walk.upgrade(each)),
        );
      }),
    );

  upgrade
    .command('undo')
    .description('go back to the old server; says what was written since')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .action((options: UpgradeOptions) =>
      answer('upgrade undo', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('restore');
        const { undoUpgrade } = await import('../upgrade/end-upgrade.js');
        return upgrading(environment, options, { progress, signal }, async (each) =>
          undoneAnswer(await undoUpgrade(each)),
        );
      }),
    );

  upgrade
    .command('confirm')
    .description('stay on the new server: the old volume may go, and there is no way back')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .action((options: UpgradeOptions) =>
      answer('upgrade confirm', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('restore');
        const { confirmUpgrade } = await import('../upgrade/end-upgrade.js');
        return upgrading(environment, options, { progress, signal }, async (each) => {
          const former = await confirmUpgrade(each);
          return {
            json: { former },
            lines: [
              `confirmed; take postgres.keptMajor out of the environment: the volume of PostgreSQL ${former} may go`,
            ],
          };
        });
      }),
    );
}

async function upgrading(
  environment: EnvironmentOf<'restore'>,
  { confirm }: UpgradeOptions,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
  work: (upgrading: Upgrading) => Promise<Answer>,
): Promise<Answer> {
  const { withStore } = await import('../backup/open-store.js');
  return withStore(environment, (store) =>
    work({
      store,
      environment,
      progress,
      signal,
      confirm: async (lines) => {
        for (const line of lines) progress.note(line);
        await requireConfirmed(environment.STOCK_ENVIRONMENT, confirm, signal);
      },
    }),
  );
}

async function checkAnswer(environment: EnvironmentOf<'restore'>): Promise<Answer> {
  const { withStore } = await import('../backup/open-store.js');
  const { checkUpgrade } = await import('../upgrade/check.js');
  const { findings, changes } = await withStore(environment, (store) => checkUpgrade(store, environment));
  return {
    json: { findings, changes },
    exitCode: checkExitCode(findings),
    lines: [
      ...alignedTable(
        ['CHECK', 'STATE', 'FOUND', 'WHAT TO DO'],
        findings.map(({ check, state, finding, advice = '' }) => [check, state, finding, advice]),
      ),
      ...(changes.length > 0 ? ['', 'What is different afterwards:'] : []),
      ...changes.map(({ change, meaning }) => `  ${change}: ${meaning}`),
    ],
  };
}

function checkExitCode(findings: UpgradeCheck['findings']): number {
  const has = (wanted: string) => findings.some(({ state }) => state === wanted);
  if (has('fail')) return exitCodes.failed;
  return has('unknown') ? exitCodes.unknown : exitCodes.done;
}

function stateAnswer(state: UpgradeState): Answer {
  const { step, server } = state;
  const copy = 'id' in state ? state.id : undefined;
  const record = 'record' in state ? state.record : undefined;
  const lines: Partial<Record<UpgradeState['step'], string[]>> = {
    copied: [
      `PostgreSQL ${server.version} is closed, and copy ${copy} has all that it had`,
      `next: set postgres.major to ${record?.to} and postgres.keptMajor to ${record?.from}, deploy the stacks data and backup, and run again: stockops upgrade`,
      'or go back: stockops upgrade undo',
    ],
    restored: [
      `PostgreSQL ${server.version} is live with copy ${copy}, every row compared`,
      'start the application again; once all is well: stockops upgrade confirm; or go back: stockops upgrade undo',
    ],
  };
  return { json: { step, version: server.version, copy }, lines: lines[step] ?? [step] };
}

function undoneAnswer({ isOpen, kept, major, next }: Undone): Answer {
  return {
    json: { isOpen, kept, major },
    lines: isOpen
      ? ['the old server is open again with all that it had; start the application']
      : [
          `the new server is closed${kept ? `; what it had is ${kept}` : ''}`,
          `next: set postgres.major to ${major} and postgres.keptMajor to ${next}, deploy the stacks data and backup, and run again: stockops upgrade undo`,
        ],
  };
}
