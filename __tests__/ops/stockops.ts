import { execFile } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { typescript } from '../../app/test/support/typescript';
import { program as commandLine } from '../../ops/src/program';
import { repositoryRoot } from '../command';

/** How a command ended. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

const program = [...typescript, path.join(repositoryRoot, 'ops', 'src', 'stockops.ts')];

/** Runs a command with nothing in its environment but what is given and the path. */
export function stockops(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const options = { cwd: repositoryRoot, env: { PATH: process.env.PATH, ...environment }, timeout: 60_000 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...program, ...words], options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** A command by its words, such as `['backup', 'create']`. @throws Error when there is none */
export const commandOf = (words: readonly string[]): Command =>
  words.reduce((above, word) => {
    const found = above.commands.find((each) => each.name() === word);
    if (!found) throw new Error(`${above.name()} has no command ${word}`);
    return found;
  }, commandLine);

/** A command, and its words. */
interface Found {
  words: string[];
  command: Command;
}

/** The commands that do something, each with its words. */
export function commandsBelow(above: Command = commandLine, words: readonly string[] = []): Found[] {
  return above.commands.flatMap((command) => {
    const found = { words: [...words, command.name()], command };
    const others = commandsBelow(command, found.words);
    return others.length === 0 || command.registeredArguments.length > 0 ? [found, ...others] : others;
  });
}
