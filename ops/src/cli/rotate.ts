import type { Command } from 'commander';
import { readOperationsEnvironment } from '../environment';
import type { Rotated, RotationPlan } from '../rotate/rotate';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { requireConfirmed } from './confirm';

interface RotateOptions extends AnswerOptions {
  dryRun?: boolean;
  leaked?: boolean;
  confirm?: string;
}

/** Adds `stockops rotate`. */
export function addRotate(program: Command): void {
  program
    .command('rotate')
    .description('make a password of a bundled server anew while it is used, and prove it')
    .argument('<secret>', 'postgres.owner, .app, .read, .backup; queue.api, .worker, .scheduler; cache.api, .worker')
    .argument('<environment>', 'as config/environments names it')
    .option('--leaked', 'raise it twice, so that the password that is in use now is refused at the end')
    .option('--dry-run', 'say what would be changed, and change nothing')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Runs in a checkout of the repository, at the version that is deployed: what else was changed since would be deployed with it. It raises the
revision in the environment's file, deploys, and says what to commit. docs/rotation.md

Examples:
  npm run stockops -- rotate postgres.app dev --dry-run
  npm run stockops -- rotate queue.worker production --leaked
${exitCodeHelp}`,
    )
    .action((name: string, environment: string, options: RotateOptions) =>
      answer('rotate', options, async (progress, signal) => {
        const { rotatedSecret } = await import('../rotate/rotated-secrets.js');
        const { planLines, planRotation, rotate } = await import('../rotate/rotate.js');
        const { openEnvironment } = await import('../deploy/open-environment.js');
        const secret = rotatedSecret(name);
        const { root, place } = await openEnvironment(environment, progress);
        const { KUBE_CONFIG_PATH: kubeconfig } = readOperationsEnvironment('deploy');
        const raises = options.leaked ? 2 : 1;
        const rotating = { root, place, kubeconfig, secret, raises, progress, signal } as const;
        const plan = await planRotation(rotating);
        if (options.dryRun) return dryAnswer(plan, planLines(plan));
        for (const line of planLines(plan)) progress.note(line);
        await requireConfirmed(environment, options.confirm, signal);
        return rotatedAnswer(name, await rotate(rotating, plan));
      }),
    );
}

const dryAnswer = ({ file, revision, raised }: RotationPlan, lines: string[]): Answer => ({
  json: { file, revision, raised, dryRun: true },
  lines: [...lines, 'nothing was changed; the same without --dry-run does it'],
});

const rotatedAnswer = (name: string, { file, revision, raised, applied, proofs }: Rotated): Answer => ({
  json: { file, revision, raised, applied, proofs },
  lines: [
    `${name}: revision ${revision} -> ${raised}, by ${applied.join(', ')}`,
    ...proofs.map(({ password, isLetIn }) => `  ${isLetIn ? 'let in ' : 'refused'}  ${password}`),
    `commit it: npx biome check --write ${file}; npm run plans; git commit -m "Another password of ${name}" ${file} plans`,
  ],
});
