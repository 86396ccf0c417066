import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = '/sys/fs/cgroup';
/** Of version 1 and of version 2 of control groups: where groups with a limit are made, and the file that takes it. */
const hierarchies = [
  { folder: path.join(root, 'memory'), limit: 'memory.limit_in_bytes' },
  { folder: root, limit: 'memory.max' },
] as const;

/**
 * A control group without memory: a process in it that takes more than it has already is killed by the kernel, as in a
 * container (https://docs.kernel.org/admin-guide/cgroup-v2.html).
 */
export class NoMoreMemory {
  readonly #folder: string;

  /** @throws Error where this process may not make one: it takes root, and Linux with control groups that can be written */
  constructor(name: string) {
    const { folder, limit } = hierarchies.find((each) => existsSync(each.folder)) ?? hierarchies[1];
    this.#folder = path.join(folder, name);
    mkdirSync(this.#folder);
    try {
      writeFileSync(path.join(this.#folder, limit), '0', { flag: 'r+' });
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What the process holds already stays with the group it comes from. */
  confine(processId: number): void {
    writeFileSync(path.join(this.#folder, 'cgroup.procs'), String(processId));
  }

  /** Once no process is in it. */
  remove(): void {
    rmdirSync(this.#folder);
  }
}

/** Whether this process may make one. */
export function canLimitMemory(): boolean {
  try {
    new NoMoreMemory(`stock-faults-probe-${process.pid}`).remove();
    return true;
  } catch {
    return false;
  }
}
