import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const childrenOf = (processId: number): number[] =>
  spawnSync('pgrep', ['-P', String(processId)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number);

/**
 * Stops a server and its children where they are: it takes connections, since that is the system's work, and says
 * nothing.
 *
 * @returns lets it go on
 */
export function freeze(processId: number): () => void {
  const frozen = [processId, ...childrenOf(processId)];
  for (const each of frozen) process.kill(each, 'SIGSTOP');
  return () => {
    for (const each of frozen) process.kill(each, 'SIGCONT');
  };
}

/** Freezes the PostgreSQL of all test files, so no other file may run meanwhile. */
export function freezePostgres(): () => void {
  const file = path.join(process.env.TEST_DATABASE_FOLDER as string, 'data', 'postmaster.pid');
  return freeze(Number(readFileSync(file, 'utf8').split('\n')[0]));
}
