import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';
import { requireConfirmed } from './confirm';
import { type LockOptions, withLockOptions } from './lock-options';

const embeddedAdvice = 'the embedded product is started by `npm start` and ended by Ctrl-C there';

/** Adds `stockops up`, `down` and `restart`. */
export function addUpAndDown(program: Command): void {
  withLockOptions(program.command('up'))
    .description('deploy what is missing of an environment, start what was stopped, and wait until it is ready')
    .argument('<environment>', 'as config/environments names it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Stack by stack, in their order, while nobody else works on it. What runs is left as it is: npm run deploy -- ENVIRONMENT changes it, after it
has shown how. Where it is frozen nothing that is missing is deployed.
${exitCodeHelp}`,
    )
    .action((environment: string, options: AnswerOptions & LockOptions) =>
      answer('up', options, async (progress, signal) => {
        const root = await checkoutWith(environment);
        const { up } = await import('../running/up.js');
        const { message, breakLock } = options;
        const stacks = await up({ root, environment, message, breakLock, progress, signal });
        return {
          json: { environment, stacks },
          lines: [
            ...alignedTable(
              ['STACK', 'WAS'],
              stacks.map(({ stack, what }) => [stack, what]),
            ),
            `${environment} runs; whether it does its work: npm run stockops -- health ${environment}`,
          ],
        };
      }),
    );

  withLockOptions(program.command('down'))
    .description('stop everything of an environment; its data stays')
    .argument('<environment>', 'as config/environments names it')
    .option('--confirm <environment>', 'name of the environment, where nobody is there to type it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The last stack first. Containers are stopped, workloads in a cluster have no copies and schedules are suspended. Nothing is deleted:
volumes, claims, Secrets and the state of Terraform stay, and \`stockops up\` starts it again. What deletes is npm run destroy.
${exitCodeHelp}`,
    )
    .action((environment: string, options: AnswerOptions & LockOptions & { confirm?: string }) =>
      answer('down', options, async (progress, signal) => {
        const { openSubject, requirePlace } = await import('../look/open-subject.js');
        await checkoutWith(environment);
        const place = requirePlace(await openSubject({ environment, progress, signal }));
        await place.requireAnswering(signal);
        const { deployedComponents, down } = await import('../running/down.js');
        const components = await deployedComponents(place, signal);
        if (components.size === 0) {
          return {
            json: { environment, remaining: [] },
            lines: [`nothing of ${environment} is deployed: nothing was done`],
          };
        }
        progress.note(`everything of ${environment} on ${place.name} is stopped: nobody reaches it until stockops up`);
        await requireConfirmed(environment, options.confirm, signal);
        const { underLock } = await import('../ledger/lock.js');
        const { message, breakLock } = options;
        const taking = { command: `down ${environment}`, message, breakLock, signal };
        const remaining = await underLock(place.shelf, taking, (held) => down(place, components, progress, held));
        return {
          json: { environment, remaining },
          lines: [
            ...remaining,
            `${environment} is stopped and nothing was deleted; start it again: npm run stockops -- up ${environment}`,
          ],
        };
      }),
    );

  withLockOptions(program.command('restart'))
    .description('end components and start them again, one after the other')
    .argument('<environment>', 'as config/environments names it')
    .argument('[components...]', 'such as api worker; all of the application where none is named')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nWhat holds data is restarted only where it is named: postgres, queue.\n${exitCodeHelp}`)
    .action((environment: string, named: readonly string[], options: AnswerOptions & LockOptions) =>
      answer('restart', options, async (progress, signal) => {
        const { openSubject, requirePlace } = await import('../look/open-subject.js');
        await checkoutWith(environment);
        const place = requirePlace(await openSubject({ environment, progress, signal }));
        const { restart } = await import('../running/restart.js');
        const { message, breakLock } = options;
        const taking = { command: `restart ${environment}`, message, breakLock, signal };
        const components = await restart(place, named, progress, taking);
        return {
          json: { environment, components },
          lines: [
            `restarted and ready: ${components.join(', ')}; whether all is well: npm run stockops -- health ${environment}`,
          ],
        };
      }),
    );
}

/** @throws UsageError for what is no environment that is deployed */
async function checkoutWith(environment: string): Promise<string> {
  const { embedded, requireEnvironment } = await import('../place/synthesized.js');
  if (environment === embedded) throw new UsageError(embeddedAdvice);
  return requireEnvironment(environment);
}
