import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import type { EmbeddedFolder } from '../checks/embedded-folder';
import type { Subject } from '../checks/subject';
import { type Component, isBroken, isStopped, isThere, isWell, stateOf } from '../running/component';
import { type Answer, answer, exitCodeHelp } from './answer';
import { type LookOptions, withLookedAt } from './looked-at';

/** Adds `stockops status`. */
export function addStatus(program: Command): void {
  withLookedAt(program.command('status'))
    .description('what of an environment runs: each component, its copies, restarts and image')
    .option('--json', 'print JSON')
    .addHelpText('after', `\n\`stockops health\` says whether it does its work.\n${exitCodeHelp}`)
    .action((environment: string, { from, ...options }: LookOptions) =>
      answer('status', options, async (progress, signal) => {
        const { openSubject, requirePlace } = await import('../look/open-subject.js');
        const subject = await openSubject({ environment, from, progress, signal });
        if (subject.folder) return embeddedAnswer(subject.folder);
        const { componentsOf } = await import('../running/components.js');
        const place = requirePlace(subject);
        await place.requireAnswering(signal);
        return componentsAnswer(subject, await componentsOf(place, signal));
      }),
    );
}

async function embeddedAnswer(folder: EmbeddedFolder): Promise<Answer> {
  const { embeddedStatus } = await import('../look/status.js');
  const found = embeddedStatus(folder);
  return {
    json: { environment: 'embedded', ...found },
    ok: folder.isRunning,
    lines: [
      ...alignedTable(['PART', 'IS'], Object.entries(found)),
      folder.isRunning ? 'it runs; whether it does its work: npm run stockops -- health' : 'start it: npm start',
    ],
  };
}

function componentsAnswer(subject: Subject, components: readonly Component[]): Answer {
  return {
    json: {
      environment: subject.environment,
      components: components.map((each) => ({ ...each, state: stateOf(each) })),
    },
    ok: components.every(isWell),
    lines: [...componentTable(components), whatToDo(subject, components)],
  };
}

/** A line for each component. */
const componentTable = (components: readonly Component[]): string[] =>
  alignedTable(
    ['STACK', 'COMPONENT', 'KIND', 'STATE', 'READY', 'RESTARTS', 'IMAGE', 'WHY'],
    components.map((each) => [
      each.stack,
      each.name,
      each.kind,
      stateOf(each),
      `${each.ready}/${each.wanted}`,
      `${each.restarts}`,
      each.image ?? '-',
      isWell(each) || isStopped(each) ? '' : (each.fault ?? ''),
    ]),
  );

function whatToDo({ environment, asTyped, upCommand }: Subject, components: readonly Component[]): string {
  if (!components.some(isThere)) return `nothing of ${environment} is deployed; run: ${upCommand}`;
  const notWell = components.filter((each) => !isWell(each));
  if (notWell.length === 0)
    return `all ${components.length} run; whether they do their work: npm run stockops -- health ${asTyped}`;
  const broken = components.find(isBroken);
  const command = broken ? `npm run stockops -- logs ${asTyped} ${broken.name} --since 15m` : upCommand;
  return `${notWell.length} of ${components.length} are not ready; run: ${command}`;
}
