import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import type { History } from '../deploy/history';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { momentText } from './texts';

interface HistoryOptions extends AnswerOptions {
  steps?: boolean;
}

/** Adds `stockops history`. */
export function addHistory(program: Command): void {
  program
    .command('history')
    .description('list what was deployed to an environment, by whom, and how it went')
    .argument('<environment>', 'as config/environments names it')
    .option('--steps', 'each step of each of them too')
    .option('--json', 'print JSON, with all steps')
    .addHelpText('after', exitCodeHelp)
    .action((environment: string, options: HistoryOptions) =>
      answer('history', options, async (progress) => {
        const { openEnvironment } = await import('../deploy/open-environment.js');
        const { historyOf } = await import('../deploy/history.js');
        const { place } = await openEnvironment(environment, progress);
        return historyAnswer(environment, await historyOf(place.shelf), options.steps === true);
      }),
    );
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

function historyAnswer(environment: string, history: History, withSteps: boolean): Answer {
  const { deployments, running, releases, holder, freeze } = history;
  const rows = deployments.map((each) => [
    each.id,
    momentText(each.startedAt),
    each.rotation ? `rotate ${each.rotation.secret}` : each.kind,
    `${each.owner}@${each.host}`,
    each.commit?.slice(0, 10) ?? '',
    each.image,
    each.state,
    firstLine(each.reason ?? each.message ?? ''),
  ]);
  const steps = deployments.flatMap(({ id, steps: taken }) =>
    taken.map(({ name, beganAt, seconds, found = '' }) => [
      id,
      momentText(beganAt),
      name,
      seconds?.toFixed(1) ?? '…',
      firstLine(found),
    ]),
  );
  return {
    json: { environment, ...history },
    lines: [
      ...(rows.length === 0
        ? [`nothing was deployed to ${environment} by stockops`]
        : alignedTable(['ID', 'BEGAN', 'KIND', 'BY', 'COMMIT', 'IMAGE', 'STATE', 'WHY'], rows)),
      ...(withSteps && rows.length > 0
        ? ['', ...alignedTable(['ID', 'BEGAN', 'STEP', 'SECONDS', 'FOUND'], steps)]
        : []),
      ...releases.map(({ id, image, whyNot }) =>
        id === running ? `runs: ${id}, ${image}` : (whyNot ?? `can be gone back to: ${id}, ${image}`),
      ),
      ...(holder ? [`at work now: ${holder.owner} on ${holder.host}, ${holder.command} (lock ${holder.id})`] : []),
      ...(freeze ? [`frozen by ${freeze.owner}: ${freeze.reason}`] : []),
    ],
  };
}
