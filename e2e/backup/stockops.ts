import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './postgres';

const repository = path.join(__dirname, '..', '..');

/** Words by which Node runs the command. */
export const stockopsWords = ['--import', 'tsx', path.join(repository, 'ops', 'src', 'stockops.ts')];

export type Variables = Readonly<Record<string, string>>;

/** How a command ended. */
export interface Outcome {
  /** 128 and the signal's number where one ended it, as a shell says it. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGKILL: 9, SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };

/** One run of the command, with nothing in its environment but what it is given. */
export class Run {
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isOver = false;

  constructor(words: readonly string[], variables: Variables, account?: Account) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(process.execPath, [...stockopsWords, ...words], {
      cwd: repository,
      env: { PATH, HOME: account ? '/' : HOME, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // Not "close": what a killed one started may keep the pipes for a while.
      this.#child.once('exit', (code, signal) => {
        this.#isOver = true;
        setTimeout(
          () =>
            resolve({
              exitCode: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0),
              stdout: this.#stdout,
              stderr: this.#stderr,
            }),
          50,
        );
      });
    });
  }

  get processId(): number {
    return this.#child.pid as number;
  }

  /** What it has written so far. */
  get stdout(): string {
    return this.#stdout;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until it says something, or has ended. */
  async says(text: string): Promise<void> {
    while (!this.#stderr.includes(text) && !this.#isOver) await sleep(5);
  }
}

/** Runs a command to its end. */
export const stockops = (words: readonly string[], variables: Variables, account?: Account): Promise<Outcome> =>
  new Run(words, variables, account).ended;
