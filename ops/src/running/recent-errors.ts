import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { runTool } from '../place/tool';
import { logCommand, loggingComponents } from './log-command';

/** Those of ours, which log records of the Elastic Common Schema. */
const components = ['api', 'worker', 'scheduler'];
const minutes = 15;
/** Of a file, no more than its end is read. */
const mostBytes = 8 * 1024 * 1024;

export interface LoggedError {
  readonly component: string;
  readonly text: string;
}

/** What the application logged as an error within the last 15 minutes, the newest first; of a log file, or of what runs. */
export async function recentErrors(
  of: string | DockerPlace | KubernetesPlace | undefined,
  signal: AbortSignal,
): Promise<LoggedError[]> {
  if (of === undefined) return [];
  if (typeof of === 'string') return errorsIn('embedded', endOf(of));
  const known = loggingComponents(of).filter((name) => components.includes(name));
  const found = await Promise.all(
    known.map(async (component) => {
      const { program, words } = logCommand(of, component, { since: `${minutes}m` });
      const { status, output, said } = await runTool(program, words, { signal });
      if (status !== 0) throw new Error(said.trim());
      // docker keeps apart what a container wrote to its two outputs.
      return errorsIn(component, `${output}\n${said}`);
    }),
  );
  return found.flat();
}

/** A record, as far as it is read here. */
interface Logged {
  readonly 'log.level'?: string;
  readonly '@timestamp'?: string;
  readonly message?: string;
  readonly error?: { readonly message?: string };
}

/** Errors of the last 15 minutes in a log, the newest first. */
export function errorsIn(component: string, log: string): LoggedError[] {
  const after = Date.now() - minutes * 60_000;
  return log
    .split('\n')
    .flatMap((line) => recordOf(line) ?? [])
    .filter((record) => isError(record) && Date.parse(record['@timestamp'] ?? '') >= after)
    .map(({ message, error }) => ({ component, text: [message, error?.message].filter(Boolean).join(': ') }))
    .reverse();
}

const isError = (record: Logged): boolean => /^(error|fatal)$/.test(record['log.level'] ?? '');

function recordOf(line: string): Logged | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function endOf(file: string): string {
  const opened = openSync(file, 'r');
  try {
    const { size } = fstatSync(opened);
    const bytes = Buffer.alloc(Math.min(size, mostBytes));
    readSync(opened, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString();
  } finally {
    closeSync(opened);
  }
}
