import type { Command } from 'commander';
import { exitCodes } from '../failures';
import type { PointState } from '../look/checklist';
import { type Answer, answer, exitCodeHelp } from './answer';
import { findingLine } from './findings';
import { type LookOptions, withLookedAt } from './looked-at';

/** Adds `stockops checklist`. */
export function addChecklist(program: Command): void {
  withLookedAt(program.command('checklist'))
    .description('the checklist after a fault, point by point: each asked, or a question for a person')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe manual's 故障恢复检查清单 (5.5). A fault is over when every point is.\n${exitCodeHelp}`,
    )
    .action((environment: string, { from, ...options }: LookOptions) =>
      answer('checklist', options, async (progress, signal) => {
        const { openSubject } = await import('../look/open-subject.js');
        const { checklist } = await import('../look/checklist.js');
        const subject = await openSubject({ environment, from, progress, signal });
        return checklistAnswer(environment, await checklist(subject, progress));
      }),
    );
}

const marks: Readonly<Record<PointState['state'], string>> = {
  ok: '[x]',
  warn: '[!]',
  fail: '[ ]',
  unknown: '[ ]',
  skipped: '[-]',
  asked: '[?]',
};

function checklistAnswer(environment: string, points: readonly PointState[]): Answer {
  const has = (state: PointState['state']) => points.some((point) => point.state === state);
  const notRunning = points[0]?.state === 'skipped';
  const isUnknown = !has('fail') && !notRunning && has('unknown');
  const failed = has('fail') || notRunning ? exitCodes.failed : exitCodes.done;
  const exitCode = isUnknown ? exitCodes.unknown : failed;
  return {
    json: { environment, exitCode, points },
    exitCode,
    lines: [...points.flatMap(pointLines), lastLine(points, exitCode)],
  };
}

const pointLines = ({ number, manual, text, state, question, findings }: PointState): string[] => [
  `${marks[state]} ${number}. ${manual}: ${text}`,
  ...(question ? [`      ${question}`] : findings.map((each) => `      ${findingLine(each)}`)),
  ...(!question && findings.length === 0 ? ['      it has no answer here'] : []),
];

function lastLine(points: readonly PointState[], exitCode: number): string {
  const open = points.filter(({ state }) => ['fail', 'unknown', 'warn'].includes(state));
  const asked = points.filter(({ state }) => state === 'asked').map(({ number }) => number);
  const forPeople = asked.length > 0 ? `; point ${asked.join(', ')} is for a person` : '';
  if (exitCode !== exitCodes.done && open.length === 0) return `nothing runs${forPeople} (exit code ${exitCode})`;
  if (open.length === 0) return `every point that can be asked is well${forPeople} (exit code ${exitCode})`;
  return `look at ${open.map(({ number }) => `point ${number}`).join(', ')} first${forPeople} (exit code ${exitCode})`;
}
