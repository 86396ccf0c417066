import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with a script and the programs that it is to find first, each a few lines of the shell. Its pauses are short. */
export class StandInPrograms {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'stand-in-'));

  constructor(programs: Readonly<Record<string, string>>) {
    for (const [name, lines] of Object.entries({ sleep: 'exec /bin/sleep 0.05', ...programs })) {
      writeFileSync(this.path(name), `#!/bin/sh\ncd ${this.folder}\n${lines}\n`, { mode: 0o755 });
    }
  }

  path(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** The lines of a file; none where it is not there yet. */
  lines(name: string): string[] {
    try {
      return readFileSync(this.path(name), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /**
   * Runs lines of the shell, the last of which stays, and then kills that.
   *
   * @returns what all of it said, once nothing of it is left
   */
  async whileItRuns(lines: string, action: () => Promise<void>): Promise<string> {
    const shell = spawn('sh', ['-c', lines], {
      env: { PATH: `${this.folder}:${process.env.PATH}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    shell.stderr.on('data', (text) => {
      said += text;
    });
    try {
      await action();
    } finally {
      const closed = once(shell.stderr, 'close');
      shell.kill('SIGKILL');
      // Closed by what was left beside it, too: that has ended.
      await closed;
    }
    return said;
  }
}

export const moment = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await moment(20);
}
