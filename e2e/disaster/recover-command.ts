import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until';

const root = join(__dirname, '../..');
const beginSeconds = 600;
/** Into a step, before it is killed there. */
const intoMilliseconds = 1_500;

interface RecoverAnswer {
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
  readonly steps: readonly { readonly text: string; readonly seconds: number; readonly found: string }[];
}

interface Outcome {
  readonly status: number | null;
  readonly answer: RecoverAnswer;
  readonly error: string;
}

/** `stockops recover`, as an operator runs it in the checkout. */
export class RecoverCommand {
  constructor(
    readonly environment: string,
    /** Of the command line. */
    readonly words: readonly string[],
    readonly variables: Readonly<Record<string, string>>,
  ) {}

  async run(): Promise<Outcome> {
    const child = this.#start();
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const output = child.stdout ? await text(child.stdout) : '';
    const status = await ended;
    const answer = JSON.parse(output);
    return { status, answer, error: answer.error ?? '' };
  }

  /** @returns how long it took, and how much was lost @throws AssertionError with what it says where it fails */
  async toItsEnd(): Promise<string> {
    const { status, answer, error } = await this.run();
    assert.equal(status, 0, error);
    console.error(answer.steps.map(({ text, seconds, found }) => `  ${seconds} s  ${text}  ${found}`).join('\n'));
    return `RTO ${answer.rtoSeconds} s, RPO ${answer.rpoSeconds} s`;
  }

  /** Kills it in the middle of a step. @returns what the journal says then */
  async killIn(step: string): Promise<string> {
    const child = this.#start();
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const hasBegun = await until(beginSeconds, async () => child.exitCode !== null || this.#isIn(step), 50);
    assert.ok(hasBegun, `the step "${step}" begins within ${beginSeconds} s`);
    await sleep(intoMilliseconds);
    assert.equal(child.exitCode, null, `recover is at work on "${step}"`);
    child.kill('SIGKILL');
    await ended;
    assert.ok(this.#isIn(step), `the step "${step}" was not finished`);
    return `${this.#steps().length} steps in the journal, the last of them not ended`;
  }

  #start(): ChildProcess {
    const words = ['recover', this.environment, ...this.words, '--confirm', this.environment, '--json'];
    return spawn('node', ['--import', 'tsx', 'ops/src/embedded/main.ts', ...words], {
      cwd: root,
      env: { ...process.env, ...this.variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  #steps(): { readonly name: string; readonly endedAt?: string }[] {
    const file = join(root, '.local/recover', this.environment, 'journal.json');
    return JSON.parse(readFileSync(file, 'utf8')).steps;
  }

  /** Until it is begun there may be no journal. */
  #isIn(step: string): boolean {
    try {
      return this.#steps().some(({ name, endedAt }) => name === step && endedAt === undefined);
    } catch {
      return false;
    }
  }
}
