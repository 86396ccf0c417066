import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '../../../app/src/database/sql';
import { findFreePort } from '../../../app/src/embedded/ports';
import { runProgram } from '../database/program';
import { connected, type Server } from '../database/server';
import { CannotTell, Refusal } from '../failures';
import { makeOwnedFolder, removeFolder } from './owned-folder';

/** Begins the names of folders of servers. */
export const scratchPrefix = 'scratch-';
const superuser = 'postgres';
const usualStartSeconds = 60;

/** Little memory for one that does one thing at a time and whose data nobody keeps. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  maintenance_work_mem: '64MB',
  max_connections: '20',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_worker_processes: '2',
  max_parallel_workers: '0',
};

/** How a server that has started says that it will not let this role in: no waiting helps. */
const letsNobodyIn = /^28/;

/** A PostgreSQL of its own, in a folder that nobody keeps. */
export interface ScratchServer {
  /** As its superuser, over TCP of this machine with a password. */
  as(database: string): Server;
}

export interface ScratchOptions {
  /** Folder that holds the folder of the server. */
  work: string;
  signal?: AbortSignal | undefined;
  /** How long it may take until it answers. @default 60 */
  startSeconds?: number;
}

/** How the data of a scratch server comes about: `initdb`, or from somewhere else. */
export type FillData = (data: string, passwordFile: string) => Promise<Readonly<Record<string, string>>>;

/** An empty server. */
export const emptyData: FillData = async (data, passwordFile) => {
  await runProgram('initdb', [
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    '--no-sync',
  ]);
  return {};
};

/**
 * Works with a PostgreSQL of its own, and leaves nothing of it, however the work ends. What a killed one left is removed first; one that
 * is at work beside it stays.
 *
 * @throws Refusal where this is root, as whom PostgreSQL does not run; CannotTell when it does not start
 */
export async function withScratchServer<T>(
  { work, signal, startSeconds = usualStartSeconds }: ScratchOptions,
  fill: FillData,
  use: (server: ScratchServer) => Promise<T>,
): Promise<T> {
  refuseRoot();
  const folder = await makeScratchFolder(work);
  const data = path.join(folder, 'data');
  try {
    const password = randomBytes(24).toString('base64url');
    const passwordFile = path.join(folder, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    const more = await fill(data, passwordFile);
    const port = await findFreePort();
    const as = (database: string): Server => ({
      DATABASE_URL: `postgresql://${superuser}@127.0.0.1:${port}/${database}`,
      DATABASE_PASSWORD: password,
    });
    const stop = await start(
      folder,
      data,
      { ...settings, ...more, port: String(port) },
      as('postgres'),
      startSeconds,
      signal,
    );
    try {
      return await use({ as });
    } finally {
      await stop();
    }
  } finally {
    await removeFolder(folder);
  }
}

/** Before a folder is made that those who come after could not use. */
function refuseRoot(): void {
  if (process.getuid?.() !== 0) return;
  throw new Refusal(
    'PostgreSQL does not run as root, and a server of its own is needed; run this as the user of the workload: `docker exec` and `kubectl exec` without another user',
  );
}

async function start(
  folder: string,
  data: string,
  all: Readonly<Record<string, string>>,
  server: Server,
  startSeconds: number,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  const logFile = path.join(folder, 'log');
  const log = await open(logFile, 'a', 0o600);
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn('postgres', ['-D', data, ...args], { stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true;
      resolve();
    };
    child.once('error', end);
    child.once('exit', end);
  });
  const stop = async () => {
    child.kill('SIGINT');
    const late = setTimeout(() => child.kill('SIGQUIT'), 10_000);
    await over;
    clearTimeout(late);
  };
  const deadline = performance.now() + startSeconds * 1000;
  let isRefused = false;
  while (!isOver && !isRefused && performance.now() < deadline && !signal?.aborted) {
    const failure = await connected(server, (connection) => connection.query(sql`SELECT 1`)).then(
      () => undefined,
      (error: Error) => error.cause as NodeJS.ErrnoException,
    );
    if (!failure) return stop;
    isRefused = letsNobodyIn.test(failure.code ?? '');
    await sleep(100);
  }
  await stop();
  signal?.throwIfAborted();
  const lines = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-12).join(' / ');
  throw new CannotTell(`a PostgreSQL of its own does not start: ${lines}; see that the folder ${folder} has room`);
}

/** Makes the folder of a server, and ends those whose owners were killed. */
export const makeScratchFolder = (work: string): Promise<string> => makeOwnedFolder(work, scratchPrefix, endServer);

async function endServer(folder: string): Promise<void> {
  const told = await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(told.split('\n')[0]);
  if (pid) await killed(pid);
}

async function killed(pid: number): Promise<void> {
  const isPostgres = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(scratchPrefix);
  if (!isPostgres) return;
  process.kill(pid, 'SIGQUIT');
  for (let tries = 0; tries < 50 && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')); tries++) {
    await sleep(100);
  }
}
