import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { programEnvironment } from '../environment';
import { CannotTell } from '../failures';

export interface ToolOptions {
  cwd?: string;
  /** Beside this process' own. */
  variables?: Readonly<Record<string, string>>;
  /** What it reads. @default nothing */
  input?: Readable;
  signal?: AbortSignal | undefined;
  /** After which it is ended: it waits for somebody who does not answer. @default 900 */
  limitSeconds?: number | undefined;
  /** Told each line that it says. */
  tell?: ((line: string) => void) | undefined;
  /** Keeps a terminal's Ctrl-C from it: whoever began it stops it in another way. It ends with this process. @default false */
  isApart?: boolean;
}

/** How a program ended, and what it wrote. */
export interface Ended {
  status: number | null;
  output: string;
  said: string;
}

const usualLimitSeconds = 900;

/**
 * Runs a program of the operator's machine to its end, whatever that is.
 *
 * @throws CannotTell when it is not there, or takes longer than it may
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<Ended> {
  const { cwd, variables = {}, input, signal, limitSeconds = usualLimitSeconds, tell, isApart = false } = options;
  const limit = AbortSignal.timeout(limitSeconds * 1000);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: programEnvironment(variables),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: isApart,
    });
    const endToo = () => child.kill();
    if (isApart) process.once('exit', endToo);
    // Why a program stopped to read is said by itself.
    if (input && child.stdin) pipeline(input, child.stdin).catch(() => undefined);
    let output = '';
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      for (const line of text.trim().split(/[\r\n]+/)) if (line) tell?.(line);
    });
    const whyEnded = () => {
      if (signal?.aborted) return signal.reason;
      return limit.aborted ? tooLate(program, args, limitSeconds) : undefined;
    };
    child.on('error', ({ code }: NodeJS.ErrnoException) => {
      process.off('exit', endToo);
      forget(child);
      reject(whyEnded() ?? missing(program, code));
    });
    child.on('close', (status) => {
      process.off('exit', endToo);
      const why = whyEnded();
      if (why) reject(why);
      else resolve({ status, output, said });
    });
  });
}

/** Leaves a program alone: what it started may go on and keep its output open, and nobody waits for that. */
export function forget(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
}

/** As `runTool`. @returns what it wrote @throws Error with what it said when it fails */
export async function runWell(program: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { status, output, said } = await runTool(program, args, options);
  if (status === 0) return output;
  throw new Error(`${program} ${args.join(' ')} ended with status ${status}: ${said.trim() || output.trim()}`);
}

const tooLate = (program: string, [command]: readonly string[], seconds: number) =>
  new CannotTell(
    `${program} ${command} had no answer within ${seconds} s; see whether what it asks hangs, and try again`,
  );

export const missing = (program: string, code: string | undefined) =>
  new CannotTell(`${program} cannot be run (${code}); install it on this machine, or put it on the PATH`);
