import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { typescript } from '../app/test/support/typescript';

export const repositoryRoot = join(__dirname, '..');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

/**
 * Runs main.ts as its users do, in a process of its own, with nothing in its environment but what is given and the path.
 */
export const runMain = (environment: Readonly<Record<string, string>>, directory = repositoryRoot): Promise<Ended> =>
  runScript(join(repositoryRoot, 'main.ts'), environment, directory);

/** The same for any script. */
export function runScript(
  script: string,
  environment: Readonly<Record<string, string>>,
  directory = repositoryRoot,
  words: readonly string[] = [],
): Promise<Ended> {
  const child = spawn(process.execPath, [...typescript, script, ...words], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      running.delete(child);
      resolve({ status, ...text });
    });
  });
}

/** Ends what a test that failed has left running. */
export const stopCommands = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
