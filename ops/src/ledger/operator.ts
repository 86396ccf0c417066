import { hostname } from 'node:os';
import { userName } from '../user';

/** Who does something to an environment, as all of its operators read it. */
export interface Operator {
  readonly owner: string;
  readonly host: string;
  readonly processId: number;
}

export const thisOperator = (): Operator => ({
  owner: userName(),
  host: hostname(),
  processId: process.pid,
});

/** Whether it has the number of this process, on this machine. */
export const isThisProcess = ({ host, processId }: Operator): boolean =>
  host === hostname() && processId === process.pid;

/** Whether it was a process of this machine, and there is none of its number any more. */
export function hasEndedHere({ host, processId }: Operator): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(processId, 0);
    return false;
  } catch (error) {
    // Of another user it is there all the same.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
