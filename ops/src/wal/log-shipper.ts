import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Store } from '../backup/store';
import { type LogFile, partial } from './log-file';
import { packedSuffixes, putPacked } from './packed-file';
import { folderOf, receivedLog, receivedServers, receivingFolder } from './points-in-time';

/** One file of the log. */
const mostBytes = 16 * 1024 * 1024;

interface Options {
  /** Folder of what was received. */
  work: string;
  /** Who can read what lies in the store. @default - it is not encrypted */
  recipients: readonly string[] | undefined;
}

/**
 * Puts what was received of the log into the store. A file leaves this machine once it is in the store and was read again there, so that it
 * is put again after whatever came between, and is then what it was.
 */
export class LogShipper {
  /** Ends when nothing is put. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly store: Store,
    readonly options: Options,
  ) {}

  /** How many whole files of a server wait. */
  async waiting(system: string): Promise<number> {
    return (await receivedLog(this.options.work, system)).filter(({ isPartial }) => !isPartial).length;
  }

  /** Puts the whole files of a server, the oldest first. @throws CannotTell where the store is away: the rest stays */
  shipWhole(system: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#shipWhole(system, signal));
  }

  /** Puts what there is of the file that is being received. */
  shipPartial(system: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#shipPartial(system, signal));
  }

  /** Puts all of a server that is not received any more, and leaves nothing of it here. */
  shipAll(system: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      await this.#shipWhole(system, signal);
      await this.#shipPartial(system, signal);
      await rm(receivingFolder(this.options.work, system), { recursive: true, force: true });
    });
  }

  /** Servers that were before another: their log ends with what was received of it. */
  async shipFormer(present: string, signal: AbortSignal): Promise<void> {
    for (const system of await receivedServers(this.options.work)) {
      if (system !== present) await this.shipAll(system, signal);
    }
  }

  async #shipWhole(system: string, signal: AbortSignal): Promise<void> {
    for (const file of await receivedLog(this.options.work, system)) {
      if (file.isPartial) continue;
      await this.#put(system, file, signal);
      const before = `${folderOf(system, 'log')}/${file.name}${partial}`;
      for (const suffix of packedSuffixes) await this.store.removeFile(`${before}${suffix}`);
      await rm(path.join(receivingFolder(this.options.work, system), file.name));
    }
  }

  async #shipPartial(system: string, signal: AbortSignal): Promise<void> {
    const last = (await receivedLog(this.options.work, system)).findLast(({ isPartial }) => isPartial);
    if (last) await this.#put(system, last, signal);
  }

  async #put(system: string, { name, isPartial }: LogFile, signal: AbortSignal): Promise<void> {
    const file = isPartial ? `${name}${partial}` : name;
    const content = createReadStream(path.join(receivingFolder(this.options.work, system), file), { signal });
    const { recipients } = this.options;
    await putPacked(this.store, `${folderOf(system, 'log')}/${file}`, content, { recipients, mostBytes, signal });
  }

  /** One after the other: a file is not put by one while another takes it away. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
