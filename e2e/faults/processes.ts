import { execFileSync } from 'node:child_process';

/** The process and everything it started that still runs. */
export function family(processId: number): number[] {
  const parents = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [processId];
  for (const parent of found) found.push(...parents.filter(([, of]) => of === parent).map(([id]) => id));
  return found;
}

/** Sends a signal to the process and everything it started; those that are gone are no fault. */
export function signalFamily(processId: number, signal: NodeJS.Signals): void {
  for (const id of family(processId)) {
    try {
      process.kill(id, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
