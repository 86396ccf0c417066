import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CannotTell, Refusal } from '../failures';
import { type LogFile, partial } from './log-file';
import { openPacked } from './packed-file';
import { type PointsInTime, receivingFolder, type StoredLogFile } from './points-in-time';

const lookMilliseconds = 50;

export interface LogSource {
  points: PointsInTime;
  system: string;
  /** Folder of what was received on this machine and is in no store yet. */
  work: string;
  /** Private key of age. */
  identity: string | undefined;
}

/**
 * Gives a server that recovers the files of the log, one at a time as it asks for them: two of them at most lie on this machine. It asks
 * by a file in a folder, as its restore_command is a line of the shell; that ends without the file where there is none.
 */
export class LogSupply {
  #stored: readonly StoredLogFile[] = [];

  private constructor(
    readonly source: LogSource,
    readonly asked: string,
    readonly given: string,
  ) {}

  /** @param folder for what is asked and given */
  static async in(folder: string, source: LogSource): Promise<LogSupply> {
    const [asked, given] = [path.join(folder, 'asked'), path.join(folder, 'given')];
    for (const each of [asked, given]) await mkdir(each, { recursive: true, mode: 0o700 });
    return new LogSupply(source, asked, given);
  }

  /** @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-PITR-RECOVERY */
  get restoreCommand(): string {
    const quoted = (folder: string) => `'${folder.replaceAll("'", "'\\''").replaceAll('%', '%%')}'/%f`;
    const [asked, given] = [quoted(this.asked), quoted(this.given)];
    return `: >${asked} && while [ -e ${asked} ]; do sleep 0.1; done && mv ${given} %p 2>/dev/null`;
  }

  /** Answers until the signal. @throws what the store says when it is away, or a file is damaged */
  async serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const name of await readdir(this.asked)) {
        await this.#give(name, signal);
        await rm(path.join(this.asked, name));
      }
      await sleep(lookMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The whole file, wherever it is; otherwise what there is of it: here is what came last. */
  async #give(name: string, signal: AbortSignal): Promise<void> {
    const ways = [
      () => this.#copyReceived(name, name),
      () => this.#fetch({ name, isPartial: false }, signal),
      () => this.#copyReceived(name, `${name}${partial}`),
      () => this.#fetch({ name, isPartial: true }, signal),
    ];
    for (const way of ways) if (await way()) return;
  }

  async #copyReceived(name: string, received: string): Promise<boolean> {
    const { work, system } = this.source;
    const place = path.join(receivingFolder(work, system), received);
    return copyFile(place, this.#unfinished).then(
      () => this.#finish(name),
      () => false,
    );
  }

  async #fetch(file: LogFile, signal: AbortSignal): Promise<boolean> {
    const { points, system, identity } = this.source;
    // What came since the last look is at the end, where it is asked for once.
    if (!this.#storedAs(file)) this.#stored = await points.log(system, file.name);
    const found = this.#storedAs(file);
    if (!found) return false;
    try {
      const content = await openPacked(points.store, found.stored.name, identity);
      await pipeline(content, createWriteStream(this.#unfinished, { mode: 0o600 }), { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CannotTell) throw error;
      throw new Refusal(
        `the file ${file.name} of the log cannot be read (${(error as Error).message}): ${found.stored.name} in ${points.store.place} is damaged, or the store went away; try again, or say a moment before those in it`,
      );
    }
    return this.#finish(file.name);
  }

  #storedAs({ name, isPartial }: LogFile): StoredLogFile | undefined {
    return this.#stored.find((file) => file.name === name && file.isPartial === isPartial);
  }

  get #unfinished(): string {
    return path.join(this.given, '.unfinished');
  }

  async #finish(name: string): Promise<boolean> {
    await rename(this.#unfinished, path.join(this.given, name));
    return true;
  }
}
