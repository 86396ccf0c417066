import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Logger } from 'pino';
import { sql } from '../../../app/src/database/sql';
import { runProgram } from '../database/program';
import { connected, libpqEnvironment, type Server, serverFacts } from '../database/server';
import { programEnvironment } from '../environment';
import { walFolder } from './wal-folder';

/** Where the server keeps what was not received yet, up to max_slot_wal_keep_size. */
const slot = 'stock_backup';
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
  #log: string | undefined;
  #said = '';
  #saidAt = 0;

  constructor(
    readonly server: Server,
    readonly store: string,
    readonly work: string,
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
    const { systemIdentifier } = await connected(this.server, serverFacts);
    const { log } = walFolder(this.store, systemIdentifier);
    this.#log = log;
    await mkdir(log, { recursive: true, mode: 0o700 });
    const libpq = await libpqEnvironment(this.server, path.join(this.work, 'wal-libpq'));
    const common = [`--slot=${slot}`, '--no-password', '--no-loop'];
    await runProgram('pg_receivewal', [...common, '--create-slot', '--if-not-exists'], { libpq, signal });
    // On disk as soon as it is there: a compressed file would be so only once it is full.
    const args = [...common, `--directory=${log}`, '--synchronous', '--status-interval=5'];
    await new Promise<void>((resolve, reject) => {
      const child = spawn('pg_receivewal', args, {
        env: programEnvironment(libpq),
        signal,
        // It writes what it has, and ends.
        killSignal: 'SIGINT',
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-2_000);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0 || signal.aborted) resolve();
        else reject(new Error(`pg_receivewal ended with status ${code}: ${said.trim()}`));
      });
    });
  }

  /** Full files of the log, of which most is often empty. */
  async #compress(): Promise<void> {
    if (this.#log === undefined) return;
    for (const name of await readdir(this.#log)) {
      if (!/^[0-9A-F]{24}$/.test(name)) continue;
      const file = path.join(this.#log, name);
      await pipeline(
        createReadStream(file),
        createGzip(),
        createWriteStream(`${file}.unfinished`, { mode: 0o600, flush: true }),
      );
      await rename(`${file}.unfinished`, `${file}.gz`);
      await rm(file);
    }
  }

  /** Asks the server what it knows of its receiver: that a process runs is no proof that something arrives. */
  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = new Date();
      try {
        this.isUp = await connected(this.server, async (connection) => {
          const { rows: before } = await connection.query<{ lsn: string }>(
            sql`SELECT pg_current_wal_lsn()::text AS lsn`,
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
