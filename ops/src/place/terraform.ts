import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programEnvironment } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { userName } from '../user';
import type { SynthesizedStack } from './synthesized';
import { missing, runWell } from './tool';

/** What Terraform is run on a stack with. */
export interface ApplyOptions {
  /** Folder for what Terraform says. */
  logs: string;
  /** Values that people give, as TF_VAR_…. */
  variables?: Readonly<Record<string, string>>;
  /** Only these addresses, and what they need. @default all */
  only?: readonly string[];
  /** Terraform of an earlier run that was killed: it may be at work still. */
  earlier?: Earlier | undefined;
  /** Told the number of the process, before it does anything; the end waits until that is written down. */
  onStart: (processId: number) => Promise<void>;
  signal: AbortSignal;
}

/** A Terraform that was started by a run of this program which did not see its end. */
export interface Earlier {
  /** Undefined where it ran on another machine. */
  processId: number | undefined;
  startedAt: Date;
  /** As whom it locked a state. @default this user of this machine */
  who?: string | undefined;
}

const lockWait = '-lock-timeout=20s';
const stateIsLocked = 'Error acquiring the state lock';
const plain = ['-input=false', '-no-color'];
const lookMilliseconds = 500;

/**
 * Applies a stack. Terraform runs apart from this process and writes into a file: it comes to its end when this process is killed, and
 * the next run waits for it.
 *
 * @throws Refusal with what Terraform says when it fails
 */
export const applyStack = (stack: SynthesizedStack, options: ApplyOptions): Promise<void> =>
  change(stack, 'apply', options);

/**
 * Destroys all that the state of a stack has, whatever is described: as `applyStack` does.
 *
 * @throws Refusal with what Terraform says when it fails
 */
export const destroyStack = (stack: StackFolder, options: ApplyOptions): Promise<void> =>
  change(stack, 'destroy', options);

type StackFolder = Pick<SynthesizedStack, 'name' | 'folder'>;

async function change({ name, folder }: StackFolder, verb: 'apply' | 'destroy', options: ApplyOptions): Promise<void> {
  const { only = [], earlier } = options;
  if (earlier) await ended(earlier, options.signal);
  const run = (words: readonly string[]) => terraform(name, folder, words, options);
  await required(run(['init', ...plain]), name);
  const words = [verb, ...plain, '-auto-approve', lockWait, ...only.map((address) => `-target=${address}`)];
  const first = await run(words);
  const lock = earlier && first.status !== 0 ? lockLeftBy(first.text, earlier, earlier.who) : undefined;
  if (lock === undefined) return required(first, name);
  await runWell('terraform', ['force-unlock', '-force', lock], { cwd: folder });
  await required(run(words), name);
}

interface Run {
  status: number | null;
  text: string;
  log: string;
}

async function terraform(name: string, cwd: string, words: readonly string[], options: ApplyOptions): Promise<Run> {
  const { logs, variables = {}, onStart, signal } = options;
  signal.throwIfAborted();
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = path.join(logs, `${name}.log`);
  const file = openSync(log, 'a', 0o600);
  const { size: from } = statSync(log);
  return new Promise<Run>((resolve, reject) => {
    const child = spawn('terraform', words, {
      cwd,
      env: programEnvironment(variables),
      detached: true,
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    // What cannot be written here cannot be written by the next step either, which says why.
    const told = child.pid === undefined ? undefined : onStart(child.pid).catch(() => undefined);
    // It ends what is under way and gives its lock back.
    const stop = () => child.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', ({ code }: NodeJS.ErrnoException) => reject(missing('terraform', code)));
    child.on('close', async (status) => {
      await told;
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return reject(signal.reason);
      resolve({ status, log, text: readFileSync(log).subarray(from).toString() });
    });
  });
}

/** @throws Refusal with the errors that Terraform told */
async function required(run: Run | Promise<Run>, name: string): Promise<void> {
  const { status, text, log } = await run;
  if (status === 0) return;
  const errors = text
    .slice(Math.max(0, text.indexOf('Error: ')))
    .trim()
    .slice(0, 2_000);
  const message = `Terraform ended with ${status} on ${name}; all it said is in ${log}:\n${errors}`;
  // Whoever has the lock of its state may change it at this moment.
  throw text.includes(stateIsLocked) ? new CannotTell(message) : new Refusal(message);
}

/** Waits for the Terraform of a run that was killed. */
async function ended({ processId }: Earlier, signal: AbortSignal): Promise<void> {
  while (processId !== undefined && (await isTerraform(processId)))
    await sleep(lookMilliseconds, undefined, { signal });
}

/** Whether the process is one of Terraform; after a crash of the machine its number may be that of another. */
async function isTerraform(processId: number): Promise<boolean> {
  return runWell('ps', ['-o', 'stat=,args=', '-p', `${processId}`]).then(
    (line) => line.includes('terraform') && !line.trim().startsWith('Z'),
    () => false,
  );
}

/** The lock of a state that the Terraform of the killed run had, and nobody else. */
export function lockLeftBy(
  said: string,
  { startedAt }: Earlier,
  who = `${userName()}@${hostname()}`,
): string | undefined {
  if (!said.includes(stateIsLocked)) return undefined;
  const field = (name: string) => new RegExp(`^[^\\w]*${name}:\\s+(.+?)\\s*$`, 'm').exec(said)?.[1];
  const created = new Date((field('Created') ?? '').replace(/ \+0000 UTC$/, 'Z').replace(' ', 'T'));
  return field('Who') === who && created >= startedAt ? field('ID') : undefined;
}
