import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

/** Whether this process may mount a file system, which only root may. */
export const canMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of its own in memory, small enough to be filled. */
export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, megabytes: number) {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'tmpfs', folder]);
    this.folder = folder;
  }

  get #ballast(): string {
    return path.join(this.folder, 'ballast');
  }

  /** Leaves no byte free. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (const size of [1 << 20, 1 << 12, 1]) this.#writeUntilFull(file, Buffer.alloc(size));
    } finally {
      closeSync(file);
    }
  }

  #writeUntilFull(file: number, chunk: Buffer): void {
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}
