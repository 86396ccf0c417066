import { spawn } from 'node:child_process';
import { programEnvironment } from '../environment';
import { CannotTell } from '../failures';

interface Options {
  /** What libpq reads. */
  libpq?: Readonly<Record<string, string>>;
  /** Ends the program. */
  signal?: AbortSignal | undefined;
  /** By which it is ended. @default 'SIGTERM' */
  killSignal?: NodeJS.Signals;
  /** Exit statuses besides 0 that are no failure. */
  acceptable?: readonly number[];
}

const mostText = 16_384;

/**
 * Runs one of PostgreSQL's programs to its end.
 *
 * @returns what it wrote on standard output
 * @throws CannotTell when it is not there; Error with the end of what it said when it fails
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { libpq = {}, signal, killSignal = 'SIGTERM', acceptable = [] }: Options = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: programEnvironment(libpq),
      signal,
      killSignal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-mostText);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(signal.reason);
      else
        reject(
          new CannotTell(
            `${program} cannot be run (${error.code}); install PostgreSQL's client programs of the server's version`,
          ),
        );
    });
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) reject(signal.reason);
      else if (code === 0 || acceptable.includes(code ?? -1)) resolve(output);
      else reject(new Error(`${program} ended with ${killedBy ?? `status ${code}`}: ${lastLines(said)}`));
    });
  });
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join(' / ') || 'it said nothing';

/** Major version of one of PostgreSQL's programs. @throws CannotTell when it is not there */
export async function majorOf(program: string): Promise<{ major: number; version: string }> {
  const version = (await runProgram(program, ['--version'])).trim();
  return { major: Number(/\) (\d+)/.exec(version)?.[1]), version };
}
