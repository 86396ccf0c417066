import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { requireStored, writeStored } from '../backup/stored-json';
import { momentText } from '../cli/texts';
import { Refusal } from '../failures';
import { hasEndedHere, isThisProcess, thisOperator } from './operator';
import type { Shelf } from './shelf';

const name = 'lock';
const beatMilliseconds = 10_000;
/** Without a beat for so long, its holder does no more. */
const deadSeconds = 60;

const moment = z.iso.datetime();
const holder = z.strictObject({
  id: z.string(),
  owner: z.string(),
  host: z.string(),
  processId: z.int(),
  command: z.string(),
  message: z.string().optional(),
  since: moment,
  heartbeatAt: moment,
});
const schema = z.union([holder, z.strictObject({ free: z.literal(true) })]);

export type Holder = z.output<typeof holder>;

export interface Taking {
  /** Its words, such as `deploy production`. */
  command: string;
  message?: string | undefined;
  /** Of a lock whose holder is dead. */
  breakLock?: string | undefined;
  signal: AbortSignal;
}

/**
 * Does some work on an environment while nobody else does, and gives its lock back.
 *
 * @param work is given a signal that is aborted also when the lock is lost, and the lock
 * @throws Refusal naming who has the lock, and what to do
 */
export async function underLock<T>(
  shelf: Shelf,
  taking: Taking,
  work: (signal: AbortSignal, lock: Lock) => Promise<T>,
): Promise<T> {
  const lock = await Lock.take(shelf, taking);
  try {
    return await work(AbortSignal.any([taking.signal, lock.lost]), lock);
  } catch (error) {
    throw lock.lost.aborted ? lock.lost.reason : error;
  } finally {
    await lock.release();
  }
}

/** Ids of the locks that this process has. */
const ours = new Set<string>();

/** Whether who has a lock was a process of this machine, which has ended; its number may be this process' own by now. */
export const hasEnded = (found: Holder): boolean =>
  hasEndedHere(found) || (isThisProcess(found) && !ours.has(found.id));

/** Who works on an environment; nobody else does meanwhile. */
export class Lock {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #beaten: Promise<void> = Promise.resolve();

  private constructor(
    readonly shelf: Shelf,
    readonly holder: Holder,
    version: string,
  ) {
    this.#version = version;
    ours.add(holder.id);
    this.#timer = setInterval(() => {
      // A place that does not answer for a moment takes nobody's lock away.
      this.#beaten = this.#beaten.then(() => this.#beat()).catch(() => undefined);
    }, beatMilliseconds).unref();
  }

  #version: string;
  #isRetired = false;

  /**
   * Takes the lock of an environment.
   *
   * @throws Refusal naming who has it, and what to do
   */
  static async take(shelf: Shelf, { command, message, breakLock }: Omit<Taking, 'signal'>): Promise<Lock> {
    for (;;) {
      const found = await shelf.read(name);
      const before = holderIn(shelf, found?.text);
      if (before) requireDead(before, breakLock);
      const now = new Date().toISOString();
      const id = randomBytes(4).toString('hex');
      const mine: Holder = {
        id,
        ...thisOperator(),
        command,
        ...(message && { message }),
        since: now,
        heartbeatAt: now,
      };
      if (!(await shelf.write(name, writeStored(mine), found?.version))) continue;
      const written = await shelf.read(name);
      if (written && holderIn(shelf, written.text)?.id === id) return new Lock(shelf, mine, written.version);
    }
  }

  /** Aborted when somebody else has the lock. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives it back. */
  async release(): Promise<void> {
    await this.#end();
    if (!this.lost.aborted && !this.#isRetired)
      await this.shelf.write(name, writeStored({ free: true }), this.#version);
  }

  /** Gives it back with all else that is on the shelf, where the environment is no more. */
  async retire(): Promise<void> {
    await this.#end();
    if (this.lost.aborted) return;
    const others = [...(await this.shelf.list('')).keys()].filter((each) => each !== name);
    this.#isRetired = true;
    await this.shelf.remove(...others, name);
  }

  async #end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beaten;
    ours.delete(this.holder.id);
  }

  async #beat(): Promise<void> {
    const alive = { ...this.holder, heartbeatAt: new Date().toISOString() };
    const isWritten = await this.shelf.write(name, writeStored(alive), this.#version);
    const found = await this.shelf.read(name);
    const now = holderIn(this.shelf, found?.text);
    if (found && now?.id === this.holder.id) this.#version = found.version;
    else if (!isWritten) this.#lost.abort(new Refusal(`the lock was broken by ${now?.owner ?? 'somebody'}; stopped`));
  }
}

/** Who has the lock of an environment, if anybody has. */
export const lockHolder = async (shelf: Shelf): Promise<Holder | undefined> =>
  holderIn(shelf, (await shelf.read(name))?.text);

function holderIn({ place }: Shelf, text: string | undefined): Holder | undefined {
  const found = requireStored(schema, text, `${name} in ${place}`);
  return found && 'id' in found ? found : undefined;
}

function requireDead(found: Holder, breakLock: string | undefined): void {
  // A run that was killed on this machine is gone on with without a word.
  if (hasEnded(found)) return;
  const { id, owner, host, processId, command, message, since, heartbeatAt } = found;
  const silentSeconds = Math.round((Date.now() - Date.parse(heartbeatAt)) / 1000);
  const who = `${owner} on ${host} (process ${processId}) works on it since ${momentText(since)}: ${command}${message ? `, "${message}"` : ''}`;
  if (silentSeconds < deadSeconds)
    throw new Refusal(`${who}; it was alive ${silentSeconds} s ago: wait, or end it there`);
  if (breakLock === id) return;
  throw new Refusal(
    `${who}; nothing was heard of it for ${silentSeconds} s: see that it has ended, then add --break-lock ${id}`,
  );
}
