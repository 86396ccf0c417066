import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

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

/** Runs two commands, of which the second reads what the first writes. */
export async function pipeInto(from: readonly string[], into: readonly string[]): Promise<void> {
  const [writes, reads] = [from, into].map(([command = '', ...args]) => ({ command, args })) as [Command, Command];
  const writer = spawn(writes.command, writes.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = spawn(reads.command, reads.args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = [writer, reader].map((child) => once(child, 'close'));
  await pipeline(writer.stdout, reader.stdin);
  const statuses = (await Promise.all(ended)).map(([status]) => status);
  if (statuses.some((status) => status !== 0))
    throw new Error(`${from.join(' ')} | ${into.join(' ')} ended with ${statuses}`);
}

interface Command {
  readonly command: string;
  readonly args: string[];
}
