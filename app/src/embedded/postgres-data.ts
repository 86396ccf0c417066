import { chown, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './embedded-error';
import { type PostgresPrograms, runProgram } from './postgres-programs';

/** The superuser of the server. */
export const user = 'stock';
const unfinishedPrefix = 'data.unfinished.';

export const dataFolder = (folder: string): string => path.join(folder, 'data');

/** Looks whether the data can be used, and stops a server that still uses it. */
export async function checkData(programs: PostgresPrograms, folder: string): Promise<void> {
  const data = dataFolder(folder);
  const made = await readFile(path.join(data, 'PG_VERSION'), 'utf8').catch(() => {
    throw new EmbeddedError(`${data} is not a PostgreSQL data folder; remove ${folder}`);
  });
  const { output } = await runProgram(programs, folder, [programs.postgres, '--version']);
  const major = / (\d+)/.exec(output)?.[1];
  if (made.trim() !== major) {
    throw new EmbeddedError(
      `${data} was made by PostgreSQL ${made.trim()}, this is ${major}; remove ${folder} to begin anew`,
    );
  }
  const isRunning = async () =>
    (await runProgram(programs, folder, [programs.pg_ctl, 'status', '-D', data], { mayFail: true })).hasSucceeded;
  for (const mode of ['fast', 'immediate']) {
    if (!(await isRunning())) return;
    await runProgram(programs, folder, [programs.pg_ctl, 'stop', '-D', data, '-m', mode, '-t', '10'], {
      mayFail: true,
    });
  }
  if (!(await isRunning())) return;
  const [processId] = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  throw new EmbeddedError(`the PostgreSQL of an earlier start, process ${processId}, does not end; kill it`);
}

/** Makes a data folder, whole or not at all. */
export async function makeData(
  programs: PostgresPrograms,
  folder: string,
  passwordFile: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
  const unfinished = await mkdtemp(path.join(folder, unfinishedPrefix));
  const { account } = programs;
  if (account) await chown(unfinished, account.uid, account.gid);
  const words = [
    `--pgdata=${unfinished}`,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  try {
    await runProgram(programs, folder, [programs.initdb, ...words], { signal });
    // The name says that it is whole: an interrupted initdb leaves only the unfinished folder.
    await rename(unfinished, dataFolder(folder));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10 });
    throw error;
  }
}
