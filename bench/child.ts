import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The benchmark cannot go on; the message says why and what to do. */
export class BenchError extends Error {}

/** What is to be undone at the end, the latest first, whatever happened in between. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];
  readonly #folders: string[] = [];
  #hasRun = false;

  /** @throws BenchError once run() was called, so that nothing more is started; the step is kept for the next run() */
  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
    if (this.#hasRun) throw new BenchError('stopped');
  }

  /** The folder is removed after all else, by every run(): what was still being started may have filled it again. */
  addFolder(folder: string): void {
    this.#folders.push(folder);
  }

  async run(): Promise<void> {
    this.#hasRun = true;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error: Error) => process.stderr.write(`bench: while cleaning up: ${error.message}\n`));
    }
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface ChildOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Where standard output and error go. */
  logFile: string;
}

const stopSeconds = 15;

/** Only what a program needs to be found and to run: a variable of the caller must not change what is measured. */
const inheritedEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR']
      .map((key) => [key, process.env[key]])
      .filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

const lastLines = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n  ');

/** A program the benchmark runs, in a process group of its own so that Ctrl-C does not reach it before its turn. */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #logFile: string;
  readonly #exited: Promise<number | null>;

  constructor(name: string, command: string, args: readonly string[], options: ChildOptions) {
    this.name = name;
    this.#logFile = options.logFile;
    const log = openSync(options.logFile, 'a');
    this.#process = spawn(command, args, {
      cwd: options.cwd,
      env: { ...inheritedEnvironment(), ...options.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', resolve);
      this.#process.once('error', () => resolve(null));
    });
  }

  get processId(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new BenchError(`${this.name} could not be started`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#process.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Returns once the check passes.
   *
   * @throws BenchError with the end of the log when the process exits first or the time is up
   */
  async until(check: () => Promise<boolean>, timeoutSeconds: number, intervalMilliseconds = 20): Promise<void> {
    const deadline = performance.now() + timeoutSeconds * 1000;
    for (;;) {
      if (await check().catch(() => false)) return;
      if (!this.isRunning) throw new BenchError(`${this.name} stopped by itself; the end of its log:\n  ${this.log()}`);
      if (performance.now() > deadline) {
        throw new BenchError(
          `${this.name} was not ready within ${timeoutSeconds} s; the end of its log:\n  ${this.log()}`,
        );
      }
      await sleep(intervalMilliseconds);
    }
  }

  log(): string {
    return lastLines(this.#logFile);
  }

  /** Asks the process to end, then ends it and everything it started. */
  async stop(): Promise<void> {
    if (this.#process.pid === undefined) return;
    if (this.isRunning) {
      this.#process.kill('SIGTERM');
      await Promise.race([this.#exited, sleep(stopSeconds * 1000, undefined, { ref: false })]);
    }
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await this.#exited;
  }
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to standard output
 * @throws BenchError with what it wrote when it fails
 */
export async function run(
  name: string,
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...inheritedEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new BenchError(error.code === 'ENOENT' ? `${command} is not on PATH` : `${name}: ${error.message}`)),
    );
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) resolve(output);
      else reject(new BenchError(`${name} failed (${signal ?? exitCode}):\n${(errors + output).trim().slice(-2000)}`));
    });
  });
}
