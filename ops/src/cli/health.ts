import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import type { Finding } from '../checks/check';
import type { Subject } from '../checks/subject';
import { exitCodes } from '../failures';
import type { Health } from '../look/health';
import { type Answer, answer, exitCodeHelp } from './answer';
import { exitCodeOf } from './findings';
import { type LookOptions, withLookedAt } from './looked-at';

/** Adds `stockops health`. */
export function addHealth(program: Command): void {
  withLookedAt(program.command('health'))
    .description(
      'whether an environment does its work: service, API, database, cache, queue, freshness, disk, memory, load, certificate',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe health check of the manual (3.2, 5.4). \`stockops doctor\` asks everything else.\n${exitCodeHelp}`,
    )
    .action((environment: string, { from, ...options }: LookOptions) =>
      answer('health', options, async (progress, signal) => {
        const { openSubject } = await import('../look/open-subject.js');
        const { health } = await import('../look/health.js');
        const subject = await openSubject({ environment, from, progress, signal });
        return healthAnswer(subject, await health(subject, progress));
      }),
    );
}

function healthAnswer({ environment, upCommand }: Subject, { parts, others, isRunning }: Health): Answer {
  const findings = [...others, ...parts.map(({ finding }) => finding)];
  const exitCode = isRunning || exitCodeOf(findings) !== exitCodes.done ? exitCodeOf(findings) : exitCodes.failed;
  const first = findings.find(({ state }) => state === 'fail') ?? findings.find(({ state }) => state === 'unknown');
  return {
    json: { environment, exitCode, parts: parts.map(({ part, finding }) => ({ part, ...finding })), others },
    exitCode,
    lines: [
      ...alignedTable(
        ['PART', 'STATE', 'SEEN'],
        [
          ...others.map(({ id, state, seen }) => [id, state, seen]),
          ...parts.map(({ part, finding }) => [part, finding.state, finding.seen]),
        ],
      ),
      first
        ? `${environment} is not well: run: ${first.command}; ${first.page}`
        : `${environment} ${isRunning ? wellness(findings) : `does not run: ${upCommand}`}`,
    ],
  };
}

function wellness(findings: readonly Finding[]): string {
  const warned = findings.find(({ state }) => state === 'warn');
  return warned ? `works, with a warning: run: ${warned.command}; ${warned.page}` : 'is well: nothing has to be done';
}
