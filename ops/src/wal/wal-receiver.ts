import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import { requireMarked, type Store } from '../backup/store';
import { runProgram } from '../database/program';
import { connected, libpqEnvironment, type Server, serverFacts } from '../database/server';
import { LogShipper } from './log-shipper';
import { makeReceivingFolder } from './points-in-time';

/** Where the server keeps what was not received yet, up to max_slot_wal_keep_size. */
const slot = 'stock_backup';
/** How the server says that it does not have a file of the log any more. */
const isGone = 'has already been removed';
const pauseMilliseconds = 5_000;
const lookSeconds = 15;
/** How often what there is of a file is put into the store before it is whole. */
const partialSeconds = 30;
/** So much of what was written can be in no store yet, while all goes well: the two above, and what putting takes. */
export const mostLostSeconds = 60;
/** So many files of 16 MiB wait on this machine for a store that is away; then the server keeps the log, up to its own limit. */
const mostWaiting = 64;
const saidAgainMilliseconds = 5 * 60_000;

type ReceiverEnvironment = Server & {
  STOCK_ENVIRONMENT: string;
  BACKUP_WORK: string;
  BACKUP_AGE_RECIPIENTS?: readonly string[] | undefined;
};

/**
 * Receives the write-ahead log as it is written, with pg_receivewal, over and over again while that ends, and has it put into the store.
 *
 * @see https://www.postgresql.org/docs/current/app-pgreceivewal.html
 */
export class WalReceiver {
  /** Until when everything that the server has written is in the store; undefined before it was so for the first time. */
  receivedUntil: Date | undefined;
  /** Whether it receives now. */
  isUp = false;
  readonly #shipper: LogShipper;
  #system: string | undefined;
  /** Ends what receives now. */
  #pause: (reason: Error) => void = () => undefined;
  #partialAt = Number.NEGATIVE_INFINITY;
  #said = '';
  #saidAt = 0;

  constructor(
    readonly environment: ReceiverEnvironment,
    readonly store: Store,
    readonly logger: Logger,
  ) {
    const { BACKUP_WORK: work, BACKUP_AGE_RECIPIENTS: recipients } = environment;
    this.#shipper = new LogShipper(store, { work, recipients });
  }

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
    this.logger.error({ reason }, 'the write-ahead log is not received, or not put into the store');
  }

  async #receive(signal: AbortSignal): Promise<void> {
    // Below a mount that is missing nothing is written, and a store is new only as long as it is empty.
    await requireMarked(this.store, this.environment.STOCK_ENVIRONMENT);
    const systemIdentifier = await connected(this.environment, async (connection) => {
      await this.#dropLostSlot(connection);
      return (await serverFacts(connection)).systemIdentifier;
    });
    this.#system = systemIdentifier;
    await this.#shipper.shipFormer(systemIdentifier, signal);
    const folder = await makeReceivingFolder(this.environment.BACKUP_WORK, systemIdentifier);
    await this.#requireRoom(systemIdentifier);
    const pausing = new AbortController();
    this.#pause = (reason) => pausing.abort(reason);
    const stop = AbortSignal.any([signal, pausing.signal]);
    const secrets = path.join(this.environment.BACKUP_WORK, 'wal-libpq');
    const libpq = await libpqEnvironment(this.environment, secrets);
    try {
      await this.#receiveInto(folder, libpq, stop);
    } catch (error) {
      if ((error as Error).message.includes(isGone)) await this.#beginAnew(systemIdentifier, signal);
      throw error;
    } finally {
      await rm(secrets, { recursive: true, force: true });
    }
  }

  async #receiveInto(folder: string, libpq: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const common = [`--slot=${slot}`, '--no-password', '--no-loop'];
    await runProgram('pg_receivewal', [...common, '--create-slot', '--if-not-exists'], { libpq, signal });
    // On disk as soon as it is there: a compressed file would be so only once it is full.
    const args = [...common, `--directory=${folder}`, '--synchronous', '--status-interval=5'];
    // Told by SIGINT it writes what it has, and ends.
    await runProgram('pg_receivewal', args, { libpq, signal, killSignal: 'SIGINT' });
  }

  /** @throws Error when more waits for the store than may lie on this machine */
  async #requireRoom(system: string): Promise<void> {
    const waiting = await this.#shipper.waiting(system);
    if (waiting < mostWaiting) return;
    throw new Error(
      `${waiting} files of the log wait to be put into ${this.store.place}; until they are there no more are received, and the server keeps them up to max_slot_wal_keep_size`,
    );
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
  async #beginAnew(system: string, signal: AbortSignal): Promise<void> {
    await this.#shipper.shipAll(system, signal);
    this.logger.error('the server gave up the log that it kept for its receiver: points in time have a gap');
  }

  /** Asks the server what it knows of its receiver: that a process runs is no proof that something arrives. */
  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = new Date();
      const isReceived = await this.#hasArrived(signal).catch(() => {
        this.isUp = false;
        return false;
      });
      await this.#ship(isReceived ? asked : undefined, signal).catch((error: Error) => {
        if (!signal.aborted) this.#sayOnce(error.message);
      });
      await sleep(lookSeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether what the server writes now has arrived on this machine. */
  #hasArrived(signal: AbortSignal): Promise<boolean> {
    return connected(this.environment, async (connection) => {
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
      this.isUp = rows[0]?.active ?? false;
      return this.isUp && (rows[0]?.received ?? false);
    });
  }

  /** @param receivedUntil what has arrived here, if all of it has */
  async #ship(receivedUntil: Date | undefined, signal: AbortSignal): Promise<void> {
    const system = this.#system;
    if (system === undefined) return;
    try {
      await this.#shipper.shipWhole(system, signal);
    } catch (error) {
      await this.#requireRoom(system).catch(this.#pause);
      throw error;
    }
    if (performance.now() - this.#partialAt < partialSeconds * 1000) return;
    await this.#shipper.shipPartial(system, signal);
    this.#partialAt = performance.now();
    if (receivedUntil) this.receivedUntil = receivedUntil;
  }
}
