import { execFile } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from '../command';

/** How a command ended. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

// What commands load when they run has the name that it has once it is compiled, which only a loader of imports finds.
const program = ['--import', 'tsx', path.join(repositoryRoot, 'ops', 'src', 'stockops.ts')];

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
