import type { Socket } from 'node:net';
import { print, printJson } from '../../../app/src/cli/terminal';
import { EnvironmentError } from '../../../app/src/runtime/read-variables';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { readOperationsEnvironment, setByWhoWaits } from '../environment';
import { CannotTell, exitCodes, Inconclusive } from '../failures';
import { Progress } from './progress';
import { Stopping } from './stopping';

/** What a command found, for a person and for a program. */
export interface Answer {
  /** For `--json`, beside schemaVersion, command and ok; undefined where all was said before. */
  json: Readonly<Record<string, unknown>> | undefined;
  lines: readonly string[];
  /** False ends with exit code 1. @default true */
  ok?: boolean;
  /** Where that is not all there is to say. @default as `ok` says */
  exitCode?: number;
}

export interface AnswerOptions {
  json?: boolean;
  /** How JSON is written. @default over several lines */
  write?: (value: unknown) => void;
}

/** Stops what a command does when a person or the engine ends it. */
const stopping = new Stopping((message) => {
  process.stderr.write(`stockops: ${message}\n`);
  process.exit(exitCodes.failed);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.take(signal));

/** Nobody reads what is said any more, or can. */
class Unread extends Error {}

// What reads the output may have seen enough, as `head` has. A full disk is told here: the answer may be given by then.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') {
    process.stderr.write(`stockops: the output cannot be written: ${message}\n`);
    process.exitCode = exitCodes.failed;
  }
  stopping.stop(new Unread());
});
process.stderr.on('error', () => undefined);

/** Who waits for the command at the other end of its input stops it by ending that, or is gone. */
function stopWithInput(): void {
  const gone = () => stopping.stop(new Error('stopped by whoever began it, or nobody waits for it any more'));
  process.stdin.once('end', gone).once('error', gone).resume();
  // What only waits for that is no reason to stay.
  (process.stdin as Partial<Pick<Socket, 'unref'>>).unref?.();
}

/**
 * Does a command's work and answers in the wanted form; errors too, with the same exit code in both.
 *
 * @param command its words, such as `backup create`
 */
export async function answer(
  command: string,
  { json = false, write = printJson }: AnswerOptions,
  work: (progress: Progress, signal: AbortSignal) => Promise<Answer>,
): Promise<void> {
  try {
    if (readOperationsEnvironment('stopping')[setByWhoWaits]) stopWithInput();
    const found = await work(new Progress(true), stopping.signal);
    const { exitCode = found.ok === false ? exitCodes.failed : exitCodes.done } = found;
    if (json) {
      if (found.json) write({ schemaVersion: 1, command, ok: exitCode === exitCodes.done, ...found.json });
    } else for (const line of found.lines) print(line);
    if (exitCode !== exitCodes.done) process.exitCode = exitCode;
  } catch (failure) {
    const error: unknown = stopping.signal.aborted ? stopping.signal.reason : failure;
    if (!(error instanceof Unread)) tellFailure(command, { json, write }, error);
  }
}

/** Says in the wanted form why a command was not done, and has the process end with the exit code of that. */
export function tellFailure(command: string, { json = false, write = printJson }: AnswerOptions, error: unknown): void {
  const message = messageOf(error as Error);
  const exitCode = exitCodeOf(error);
  if (json) write({ schemaVersion: 1, command, ok: false, error: message, exitCode });
  process.stderr.write(`stockops: ${message.replace(cursorMoving, '?')}\n`);
  process.exitCode = exitCode;
}

/** What was typed, or what a program said, may have it. */
const cursorMoving = /[^\P{Cc}\n\t]/gu;

/** What helps where the system refuses a file, by how it says so. */
const adviceOnFile = new Map([
  ['EACCES', 'let this user in there, or run it as one who may'],
  ['EPERM', 'let this user in there, or run it as one who may'],
  ['EROFS', 'it is mounted to be read only'],
  ['ENOSPC', 'free space there'],
]);

function messageOf({ message, code = '', path }: NodeJS.ErrnoException): string {
  const advice = path === undefined ? undefined : adviceOnFile.get(code);
  return advice ? `${message}; ${advice}` : message;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof EnvironmentError || error instanceof UsageError) return exitCodes.unusable;
  if (error instanceof Inconclusive) return exitCodes.inconclusive;
  return error instanceof CannotTell ? exitCodes.unknown : exitCodes.failed;
}

export const exitCodeHelp = `
Exit codes, the same with --json:
  0  done, and all is well
  1  failed, or not all is well: the message says why, and what to do
  2  the command line or the environment is not usable
  3  could not tell: what has to be asked does not answer
  4  deploy: too little to see to call the release good; it stays as it is`;
