import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { programEnvironment } from '../environment';
import { CannotTell } from '../failures';

interface Options {
  /** What libpq reads. */
  libpq?: Readonly<Record<string, string>>;
  /** Ends the program. */
  signal?: AbortSignal | undefined;
  /** By which it is ended. @default 'SIGTERM' */
  killSignal?: NodeJS.Signals;
  /** What it reads. @default - nothing */
  input?: Readable;
  /** Takes what it writes on standard output. @default - that is returned */
  output?: Writable;
  /** Exit statuses besides 0 that are no failure. */
  acceptable?: readonly number[];
}

const mostText = 16_384;

/**
 * Runs a program, of PostgreSQL or of the system, to its end.
 *
 * @returns what it wrote on standard output
 * @throws CannotTell when it is not there; Error with the end of what it said when it fails
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { libpq = {}, signal, killSignal = 'SIGTERM', input, output: target, acceptable = [] }: Options = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: programEnvironment(libpq),
      signal,
      killSignal,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let said = '';
    let broken: Error | undefined;
    const fail = (error: NodeJS.ErrnoException) => {
      // One that ended says itself why it does not read on.
      if (error.code === 'EPIPE') return;
      broken ??= error;
      child.kill();
    };
    if (input) pipeline(input, child.stdin as Writable).catch(fail);
    if (target) pipeline(child.stdout as Readable, target).catch(fail);
    else
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-mostText);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(signal.reason);
      else reject(new CannotTell(`${program} cannot be run (${error.code}); install ${packageOf(program)}`));
    });
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) reject(signal.reason);
      else if (broken) reject(broken);
      else if (code === 0 || acceptable.includes(code ?? -1)) resolve(output);
      else reject(new Error(`${program} ended with ${killedBy ?? `status ${code}`}: ${lastLines(said)}`));
    });
  });
}

const packageOf = (program: string): string =>
  program === 'tar' ? 'it' : "PostgreSQL's client programs of the server's version";

const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join(' / ') || 'it said nothing';

/** Major version of one of PostgreSQL's programs. @throws CannotTell when it is not there */
export async function majorOf(program: string): Promise<{ major: number; version: string }> {
  const version = (await runProgram(program, ['--version'])).trim();
  return { major: Number(/\) (\d+)/.exec(version)?.[1]), version };
}
