import { type Command, InvalidArgumentError, Option } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';
import { momentText } from './texts';
import { parseToldText } from './told-text';

interface PreviewOptions extends AnswerOptions {
  from: string;
}

interface LockedOptions extends PreviewOptions {
  breakLock?: string;
}

interface UpOptions extends LockedOptions {
  hours: number;
  image?: string;
  monitoring?: boolean;
  owner?: string;
}

const mostHours = 24 * 90;

function parseHours(text: string): number {
  const hours = Number(text);
  if (Number.isInteger(hours) && hours >= 1 && hours <= mostHours) return hours;
  throw new InvalidArgumentError(`allowed: a whole number from 1 to ${mostHours}`);
}

/** Adds `stockops preview`. */
export function addPreview(program: Command): void {
  const preview = program
    .command('preview')
    .description('an environment for a while, such as for a pull request, beside the others of a cluster');
  addUp(preview);
  addDown(preview);
  addList(preview);
  addReap(preview);
}

const ofCluster = (command: Command): Command =>
  command
    .option('--from <environment>', 'the environment in whose cluster it is, and that it is like', 'dev')
    .option('--json', 'print JSON');

const locked = (command: Command): Command =>
  ofCluster(command).option('--break-lock <id>', 'take the lock of somebody who is dead');

function addUp(preview: Command): void {
  locked(preview.command('up'))
    .description(
      'raise a preview as this checkout describes it, or bring the one of that name to it; its time begins anew',
    )
    .argument('<name>', 'such as pr-7')
    .option('--hours <count>', 'how long it is wanted from now; what was promised is not shortened', parseHours, 24)
    .addOption(
      new Option('--image <reference>', 'image of the application; without it, the one given before').env(
        'APPLICATION_IMAGE',
      ),
    )
    .option('--monitoring', 'with monitoring and logs, as at first where nothing is said')
    .option('--no-monitoring', 'without them')
    .option('--owner <text>', 'for whom it is, where that is not who runs this', parseToldText)
    .addHelpText(
      'after',
      `
Runs in a checkout of what is to be seen. What ended a run, the same command goes on. docs/previews.md walks it.

Examples:
  npm run stockops -- preview up pr-7 --image registry.example.com/app:pr-7 --no-monitoring
  npm run stockops -- preview up pr-7 --hours 72
${exitCodeHelp}`,
    )
    .action((name: string, { json = false, ...options }: UpOptions) =>
      answer('preview up', { json }, async (progress, signal) => {
        const { raise } = await import('../preview/raise.js');
        const raised = await raise({ name, ...options, progress, signal });
        const { stacks, ...told } = raised;
        const [namespace] = raised.namespaces;
        return {
          json: { preview: { ...told, stacks: stacks.map((stack) => stack.name) } },
          lines: [
            `${name} runs ${raised.image}, until ${momentText(raised.until)}`,
            `reach it:     kubectl port-forward -n ${namespace} service/stock-analysis-gateway 8080`,
            `an API key:   kubectl exec -n ${namespace} deployment/stock-analysis-api -- node /app/dist/stock.js apikey create --name me --scopes read,write`,
            `look at it:   npm run stockops -- status ${name} --from ${raised.from}`,
            `take it down: npm run stockops -- preview down ${name} --from ${raised.from}`,
          ],
        };
      }),
    );
}

function addDown(preview: Command): void {
  locked(preview.command('down'))
    .description('destroy a preview, its data and all that is kept of it')
    .argument('<name>', 'as it was raised')
    .addHelpText(
      'after',
      `\nAny checkout will do. One that is not there is no error; whatever ended a run, the same command goes on.\n${exitCodeHelp}`,
    )
    .action((name: string, { json = false, ...options }: LockedOptions) =>
      answer('preview down', { json }, async (progress, signal) => {
        const { takeDown } = await import('../preview/take-down.js');
        const what = await takeDown({ name, ...options, progress, signal });
        const line = what === 'not there' ? `there is no preview ${name}; nothing was done` : `${name} is gone`;
        return { json: { name, what }, lines: [line] };
      }),
    );
}

function addList(preview: Command): void {
  ofCluster(preview.command('list'))
    .description('list the previews of a cluster, and until when they are wanted')
    .addHelpText('after', exitCodeHelp)
    .action(({ from, ...options }: PreviewOptions) =>
      answer('preview list', options, async (progress) => {
        const { PreviewCluster } = await import('../preview/preview-cluster.js');
        const { listPreviews } = await import('../preview/list.js');
        const found = await listPreviews(await PreviewCluster.open({ from, progress }));
        const rows = found.map(({ name, preview: known, standing }) => [
          name,
          known?.from ?? '',
          known?.owner ?? '',
          known?.commit?.slice(0, 10) ?? '',
          known?.image ?? '',
          known?.state ?? '?',
          standing.is === 'unclear' ? standing.why : momentText(standing.until),
          standing.is,
        ]);
        const previews = found.map(({ name, standing, preview: { stacks: _, ...known } = { stacks: [] } }) => ({
          ...known,
          name,
          standing,
        }));
        return {
          json: { previews },
          lines:
            rows.length === 0
              ? ['there is no preview']
              : alignedTable(['NAME', 'LIKE', 'OWNER', 'COMMIT', 'IMAGE', 'STATE', 'UNTIL', 'IT IS'], rows),
        };
      }),
    );
}

function addReap(preview: Command): void {
  ofCluster(preview.command('reap'))
    .description('take down the previews whose time has passed')
    .option('--dry-run', 'say which, and take nothing down')
    .addHelpText(
      'after',
      `
By the cluster's own record and clock. One of which that cannot be told is named, stays, and makes the exit code 1, as one that failed does.
${exitCodeHelp}`,
    )
    .action(({ from, dryRun = false, ...options }: PreviewOptions & { dryRun?: boolean }) =>
      answer('preview reap', options, async (progress, signal) => {
        const { reap } = await import('../preview/reap.js');
        const reaped = await reap({ from, dryRun, progress, signal });
        const rows = reaped.map(({ name, what, why }) => [name, what, why]);
        return {
          json: { reaped },
          lines: rows.length === 0 ? ['there is no preview'] : alignedTable(['NAME', 'WHAT', 'WHY'], rows),
          ok: reaped.every(({ what }) => what !== 'failed' && what !== 'unclear'),
        };
      }),
    );
}
