import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const ctrlC = '\x03';

interface Settings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Numbers of the user to run as. */
  uid?: number;
  gid?: number;
}

/** Words for the system's `script`, which runs a command in a pseudo-terminal of its own. */
const scriptWords = (command: string): string[] =>
  process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', command] : ['-qefc', command, '/dev/null'];

/** A command in a terminal: what is typed goes through the terminal's driver, so Ctrl-C is the signal it makes of it. */
export class Terminal {
  readonly #script: ChildProcess;
  /** Exit code of the command. */
  readonly ended: Promise<number | null>;
  #output = '';

  constructor(command: string, settings: Settings) {
    this.#script = spawn('script', scriptWords(command), settings);
    for (const stream of [this.#script.stdout, this.#script.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    this.#script.stdin?.on('error', () => undefined);
    this.ended = once(this.#script, 'close').then(([exitCode]) => exitCode as number | null);
  }

  /** All that was shown. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the text is shown. @throws Error with what was shown instead, when the command ends or the time is up */
  async shows(text: string, limitSeconds: number): Promise<void> {
    const deadline = Date.now() + limitSeconds * 1000;
    let hasEnded = false;
    this.ended.then(() => {
      hasEnded = true;
    });
    while (!this.#output.includes(text)) {
      if (hasEnded || Date.now() > deadline) throw new Error(`'${text}' is not shown but:\n${this.#output}`);
      await sleep(50);
    }
  }

  pressCtrlC(): void {
    this.#script.stdin?.write(ctrlC);
  }

  /** Takes the terminal away, as a window that is closed does. */
  close(): void {
    this.#script.kill('SIGKILL');
  }
}
