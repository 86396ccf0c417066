import { readdirSync, readFileSync } from 'node:fs';

/** Ends processes and all that they started with SIGKILL, at once, as a machine does that goes dark. */
export function killWithAllBelow(roots: readonly number[]): void {
  const parents = new Map(processes().map((id) => [id, parentOf(id)]));
  const isBelow = (id: number): boolean => {
    const parent = parents.get(id);
    return roots.includes(id) || (parent !== undefined && isBelow(parent));
  };
  for (const id of [...parents.keys()].filter(isBelow)) kill(id);
}

const processes = (): number[] => readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

function parentOf(id: number): number | undefined {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** One that ended meanwhile is what is wanted. */
function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
