import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Logger } from 'pino';
import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import { requireMarked, type Store } from '../backup/store';
import { runProgram } from '../database/program';
import { connected, libpqEnvironment, type Server, serverFacts } from '../database/server';
import { type WalFolder, walFolder } from './wal-folder';

/** Where the server keeps what was not received yet, up to max_slot_wal_keep_size. */
const slot = 'stock_backup';
/** How the server says that it does not have a file of the log any more. */
const isGone = 'has already been removed';
const pauseMilliseconds = 5_000;
const lookSeconds = 15;
const saidAgainMilliseconds = 5 * 60_000;

/**
 * Receives the write-ahead log as it is written, with pg_receivewal, over and over again while that ends.
 *
 * @see https://www.postgresql.org/docs/current/app-pgreceivewal.html
 */
export class WalReceiver {
  /** Until when everything that the server has written is received; undefined before it was so for the first time. */
  receivedUntil: Date | undefined;
  /** Whether it receives now. */
  isUp = false;
  #folder: WalFolder | undefined;
  #said = '';
  #saidAt = 0;

  constructor(
    readonly environment: Server & { STOCK_ENVIRONMENT: string; BACKUP_WORK: string },
    readonly store: Store,
    readonly logger: Logger,
  ) {}

  /** Ends with the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const looking = this.#look(signal);
    while (!signal.aborted) {
      await this.#receive(signal).catch((error: Error) => {
        if (!signal.aborted) this.#sayOnce(error.message);
      });
      this.isUp = false;
      await sleep(pauseMilliseconds, undefined, { signal }).catch(() => undefined);
    }
    await looking;
  }

  /** What is so for hours is said once, and again every few minutes. */
  #sayOnce(reason: string): void {
    if (reason === this.#said && performance.now() - this.#saidAt < saidAgainMilliseconds) return;
    [this.#said, this.#saidAt] = [reason, performance.now()];
    this.logger.error({ reason }, 'the write-ahead log is not received');
  }

  async #receive(signal: AbortSignal): Promise<void> {
    // Below a mount that is missing nothing is written, and a store is new only as long as it is empty.
    await requireMarked(this.store, this.environment.STOCK_ENVIRONMENT);
    const systemIdentifier = await connected(this.environment, async (connection) => {
      await this.#dropLostSlot(connection);
      return (await serverFacts(connection)).systemIdentifier;
    });
    const folder = walFolder(this.store.place, systemIdentifier);
    this.#folder = folder;
    for (const each of [folder.receiving, folder.log]) await mkdir(each, { recursive: true, mode: 0o700 });
    const libpq = await libpqEnvironment(this.environment, path.join(this.environment.BACKUP_WORK, 'wal-libpq'));
    const common = [`--slot=${slot}`, '--no-password', '--no-loop'];
    await runProgram('pg_receivewal', [...common, '--create-slot', '--if-not-exists'], { libpq, signal });
    // On disk as soon as it is there: a compressed file would be so only once it is full.
    const args = [...common, `--directory=${folder.receiving}`, '--synchronous', '--status-interval=5'];
    // Told by SIGINT it writes what it has, and ends.
    await runProgram('pg_receivewal', args, { libpq, signal, killSignal: 'SIGINT' }).catch(async (error: Error) => {
      if (error.message.includes(isGone)) await this.#beginAnew(folder);
      throw error;
    });
  }

  /** What the server gave up cannot be received any more; a new slot begins with what is written now, and a base backup follows. */
  async #dropLostSlot(connection: Queryable): Promise<void> {
    await connection.query(
      sql`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = $1 AND wal_status = 'lost' AND NOT active`,
      [slot],
    );
  }

  /** The receiver goes on where its last file ends, which the server does not have any more; what is there stays, up to the gap. */
  async #beginAnew({ receiving, log }: WalFolder): Promise<void> {
    await this.#compress();
    for (const name of await readdir(receiving)) await rename(path.join(receiving, name), path.join(log, name));
    this.logger.error('the server gave up the log that it kept for its receiver: points in time have a gap');
  }

  /** Full files of the log, of which most is often empty. */
  async #compress(): Promise<void> {
    if (!this.#folder) return;
    const { receiving, log } = this.#folder;
    for (const name of await readdir(receiving)) {
      if (!/^[0-9A-F]{24}$/.test(name)) continue;
      const [file, unfinished] = [path.join(receiving, name), path.join(log, `${name}.unfinished`)];
      await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished, { mode: 0o600, flush: true }));
      await rename(unfinished, path.join(log, `${name}.gz`));
      await rm(file);
    }
  }

  /** Asks the server what it knows of its receiver: that a process runs is no proof that something arrives. */
  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = new Date();
      try {
        this.isUp = await connected(this.environment, async (connection) => {
          // A commit with its time in the log: recovery can end at a moment only where a later one follows.
          const { rows: before } = await connection.query<{ lsn: string }>(
            sql`SELECT pg_logical_emit_message(true, 'stockops', 'a moment to recover to')::text AS lsn`,
          );
          await sleep(2_000, undefined, { signal });
          const { rows } = await connection.query<{ active: boolean; received: boolean }>(
            sql`SELECT active, coalesce(restart_lsn >= $1::pg_lsn OR flush_lsn >= $1::pg_lsn, false) AS received
              FROM pg_replication_slots LEFT JOIN pg_stat_replication ON pid = active_pid WHERE slot_name = $2`,
            [before[0]?.lsn, slot],
          );
          if (rows[0]?.active && rows[0].received) this.receivedUntil = asked;
          return rows[0]?.active ?? false;
        });
        await this.#compress();
      } catch {
        this.isUp = false;
      }
      await sleep(lookSeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }
}
