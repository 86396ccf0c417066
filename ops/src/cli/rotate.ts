import { type Command, Option } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { exitCodes } from '../failures';
import type { DeploymentJournal } from '../ledger/deployments';
import type { Listed } from '../rotate/list';
import type { Former, RotationPlan } from '../rotate/rotate';
import type { RotatedSecret } from '../rotate/rotated-secrets';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { requireConfirmed } from './confirm';
import { ageText } from './texts';
import { parseToldText } from './told-text';

interface RotateCommandOptions extends AnswerOptions {
  dryRun?: boolean;
  former?: Former;
  confirm?: string;
  message?: string;
  breakLock?: string;
}

/** Adds `stockops rotate`. */
export function addRotate(program: Command): void {
  program
    .command('rotate')
    .description(
      'make a password or key anew while it is used, and prove that the one before is refused; without arguments, list them',
    )
    .argument('[secret]', 'such as postgres.app; or an environment alone, whose secrets are listed')
    .argument('[environment]', 'as config/environments names it')
    .addOption(
      new Option('--former <what>', 'what becomes of the one in use: void, or kept beside the new one').choices([
        'void',
        'kept',
      ]),
    )
    .option('--dry-run', 'say what would be changed, and change nothing')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--message <text>', 'what all others are told', parseToldText)
    .option('--break-lock <id>', 'take the lock of somebody who is dead')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Runs in a checkout of what is deployed. It raises the revision in the environment's file, deploys the stacks that this changes, waits until
nothing runs with the former one, asks who checks it, and says what to commit. Each step is written down where the environment is: a run
that was stopped or killed is gone on with by the same command. docs/rotation.md

Examples:
  npm run stockops -- rotate                       what can be made anew
  npm run stockops -- rotate dev                   how old each is there, and what is started again
  npm run stockops -- rotate postgres.app dev --dry-run
  npm run stockops -- rotate api.secretKey production
${exitCodeHelp}`,
    )
    .action((secret: string | undefined, environment: string | undefined, options: RotateCommandOptions) =>
      answer('rotate', options, async (progress, signal) => {
        const { rotatedSecret, rotatedSecrets } = await import('../rotate/rotated-secrets.js');
        if (secret === undefined) return knownAnswer(rotatedSecrets);
        const { openEnvironment } = await import('../deploy/open-environment.js');
        if (environment === undefined) {
          const { listRotated, requireNoSecret } = await import('../rotate/list.js');
          requireNoSecret(secret);
          const { place } = await openEnvironment(secret, progress);
          return listedAnswer(secret, await listRotated(place));
        }
        const wanted = rotatedSecret(secret);
        const { planRotation, rotate } = await import('../rotate/rotate.js');
        const { root, place } = await openEnvironment(environment, progress);
        const { former, message, breakLock } = options;
        const plan = await planRotation(root, place, wanted, former);
        for (const line of plan.lines) progress.note(line);
        if (options.dryRun) return dryAnswer(plan);
        await requireConfirmed(environment, options.confirm, signal);
        return rotatedAnswer(
          await rotate({ environment, secret: wanted, former, message, breakLock, progress, signal }),
        );
      }),
    );
}

const knownAnswer = (secrets: readonly RotatedSecret[]): Answer => ({
  json: { secrets: secrets.map(({ name, what, voids }) => ({ name, what, former: voids ? 'void' : 'kept' })) },
  lines: [
    ...alignedTable(
      ['SECRET', 'FORMER', 'WHAT'],
      secrets.map(({ name, what, voids }) => [name, voids ? 'void' : 'kept', what]),
    ),
    'how old they are, and what is started again: npm run stockops -- rotate ENVIRONMENT; how others are made anew: docs/rotation.md',
  ],
});

const listedAnswer = (environment: string, secrets: readonly Listed[]): Answer => ({
  json: { environment, secrets },
  lines: [
    ...alignedTable(
      ['SECRET', 'REVISION', 'MADE', 'STARTS AGAIN', 'WHAT'],
      secrets.map(({ name, revision, madeAt, rolls, whyNot, what }) => [
        name,
        `${revision ?? '-'}`,
        madeAt ? `${ageText((Date.now() - madeAt.getTime()) / 1000)} ago` : '-',
        rolls.join(', '),
        whyNot ?? what,
      ]),
    ),
    `make one anew: npm run stockops -- rotate SECRET ${environment}`,
  ],
});

const dryAnswer = ({ file, revision, to }: RotationPlan): Answer => ({
  json: { file, revision, to, dryRun: true },
  lines: ['nothing was changed; the same without --dry-run does it'],
});

function rotatedAnswer({ content }: DeploymentJournal): Answer {
  const { environment, rotation } = content;
  const { secret, from, to, proofs } = rotation as NonNullable<typeof rotation>;
  const isProved = proofs.every(({ said }) => said !== 'not asked');
  const file = `config/environments/${environment}.ts`;
  return {
    json: { deployment: content },
    ...(!isProved && { exitCode: exitCodes.inconclusive }),
    lines: [
      `${secret}: revision ${from} -> ${to}`,
      ...proofs.map(({ text, said }) => `  ${said.padEnd(9)} ${text}`),
      ...(isProved
        ? []
        : ['the one before was lost with the server that kept it, and could not be asked for: rotate it once more']),
      `commit it, or the next deploy is refused: npx biome check --write ${file}; git commit -m "Another ${secret} in ${environment}" ${file} plans`,
    ],
  };
}
