import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '../../../app/src/database/sql';
import { findFreePort } from '../../../app/src/embedded/ports';
import { runProgram } from '../database/program';
import { connected, type Server } from '../database/server';
import { CannotTell } from '../failures';

const prefix = 'scratch-';
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
 * Works with a PostgreSQL of its own, and leaves nothing of it, however the work ends. What a killed one left is removed first.
 *
 * @throws CannotTell when it does not start
 */
export async function withScratchServer<T>(
  { work, signal, startSeconds = usualStartSeconds }: ScratchOptions,
  fill: FillData,
  use: (server: ScratchServer) => Promise<T>,
): Promise<T> {
  await mkdir(work, { recursive: true, mode: 0o700 });
  await removeLeft(work);
  const folder = await mkdtemp(path.join(work, prefix));
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
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
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
  throw new CannotTell(
    `a PostgreSQL of its own does not start: ${lines}; see that the folder ${folder} has room, and that this is not root`,
  );
}

/** Servers whose owner was killed, and their folders. */
async function removeLeft(work: string): Promise<void> {
  for (const name of await readdir(work)) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(work, name);
    const pid = Number(
      (await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
    );
    if (pid) await killed(pid);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function killed(pid: number): Promise<void> {
  const isPostgres = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(prefix);
  if (!isPostgres) return;
  process.kill(pid, 'SIGQUIT');
  for (let tries = 0; tries < 50 && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')); tries++) {
    await sleep(100);
  }
}
