import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { print } from '../../../app/src/cli/terminal';
import { Refusal } from '../failures';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import type { Telling } from '../running/pod-logs';
import { answer, exitCodeHelp } from './answer';
import { type LookOptions, withPreview } from './looked-at';
import { parseCount } from './numbers';

interface LogsOptions extends LookOptions {
  since?: string;
  follow?: boolean;
  tail?: number;
}

/** Adds `stockops logs`. */
export function addLogs(program: Command): void {
  withPreview(program.command('logs'))
    .description('what a component logged, all copies of it; of the embedded product, its log file')
    .argument('<environment>', 'as config/environments names it; embedded: what npm start runs')
    .argument('[component]', 'such as api, worker, postgres; `stockops status` names them', 'api')
    .option('--since <span>', 'no older than, such as 15m or 2h')
    .option('--tail <lines>', 'no more lines of before than', parseCount)
    .option('-f, --follow', 'go on with what is logged from now on, until Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  npm run stockops -- logs local api --since 15m
  npm run stockops -- logs dev worker -f
  npm run stockops -- logs pr-7 api --from dev        of a preview
${exitCodeHelp}`,
    )
    .action((environment: string, component: string, options: LogsOptions) =>
      answer('logs', {}, async (progress, signal) => {
        const { openSubject, requirePlace } = await import('../look/open-subject.js');
        const subject = await openSubject({ environment, from: options.from, progress, signal });
        const { since, follow: isFollowing = false, tail } = options;
        const { secondsOf, tellLog } = await import('../running/embedded-log.js');
        if (since !== undefined) secondsOf(since);
        const ended = (error: unknown) => {
          // Who follows ends it.
          if (!(isFollowing && signal.aborted)) throw error;
        };
        if (subject.folder) {
          await tellLog(subject.folder.logFile, { since, isFollowing, tell: print, signal }).catch(ended);
        } else {
          const place = requirePlace(subject);
          const { requireComponent } = await import('../running/log-command.js');
          requireComponent(place, component);
          await place.requireAnswering(signal);
          const { requireThere } = await import('../running/components.js');
          await requireThere(place, component, subject.upCommand, signal);
          const told = { since, isFollowing, tail, note: (text: string) => progress.note(text), signal };
          await tellLogs(place, component, told).catch(ended);
        }
        return { json: {}, lines: [] };
      }),
    );
}

async function tellLogs(place: DockerPlace | KubernetesPlace, component: string, telling: Telling): Promise<void> {
  const { KubernetesPlace } = await import('../place/kubernetes-place.js');
  if (place instanceof KubernetesPlace) {
    const { tellPodLogs } = await import('../running/pod-logs.js');
    return tellPodLogs(place, component, telling);
  }
  const { logCommand } = await import('../running/log-command.js');
  const { program, words } = logCommand(place, component, telling);
  return shown(program, words, telling.signal);
}

/** Runs a program whose output is this one's. @throws Refusal when it fails */
async function shown(program: string, words: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'], signal });
  const [status, signalled] = await once(child, 'close');
  // Who reads it has seen enough.
  if (signalled === 'SIGPIPE') return;
  if (status !== 0) throw new Refusal(`${program} ended with status ${status}: what it said is above`);
}
