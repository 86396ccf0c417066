import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/**
 * Runs a command while this process does something else.
 *
 * @param inputFile what the command reads
 * @returns what it printed; what it said is the error when it fails
 */
export async function execute(command: string, args: readonly string[], inputFile?: string): Promise<string> {
  const input = inputFile === undefined ? 'ignore' : openSync(inputFile, 'r');
  const child = spawn(command, args, { stdio: [input, 'pipe', 'pipe'] }) as ChildProcessByStdio<
    null,
    Readable,
    Readable
  >;
  if (input !== 'ignore') closeSync(input);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [status, printed, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status === 0) return printed;
  throw new Error(`${command} ${args.join(' ')} ended with status ${status}:\n${printed}\n${said}`);
}
