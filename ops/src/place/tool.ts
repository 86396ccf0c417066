import { spawn } from 'node:child_process';
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
  /** Told each line that it says. */
  tell?: ((line: string) => void) | undefined;
}

/** How a program ended, and what it wrote. */
export interface Ended {
  status: number | null;
  output: string;
  said: string;
}

/**
 * Runs a program of the operator's machine to its end, whatever that is.
 *
 * @throws CannotTell when it is not there
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<Ended> {
  const { cwd, variables = {}, input, signal, tell } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: programEnvironment(variables),
      signal,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    // Why a program stopped to read is said by itself.
    if (input && child.stdin) pipeline(input, child.stdin).catch(() => undefined);
    let output = '';
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const line = text
        .trim()
        .split(/[\r\n]/)
        .at(-1);
      if (line) tell?.(line);
    });
    child.on('error', ({ code }: NodeJS.ErrnoException) =>
      reject(signal?.aborted ? signal.reason : missing(program, code)),
    );
    child.on('close', (status) => (signal?.aborted ? reject(signal.reason) : resolve({ status, output, said })));
  });
}

/** As `runTool`. @returns what it wrote @throws Error with what it said when it fails */
export async function runWell(program: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { status, output, said } = await runTool(program, args, options);
  if (status === 0) return output;
  throw new Error(`${program} ${args.join(' ')} ended with status ${status}: ${said.trim() || output.trim()}`);
}

export const missing = (program: string, code: string | undefined) =>
  new CannotTell(`${program} cannot be run (${code}); install it on this machine, or put it on the PATH`);
