import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { filesBelow, sumOf } from '../backup/copy-files';
import { environmentOfMark, markFile, requireMarked, type Store } from '../backup/store';
import { readStored } from '../backup/stored-json';
import type { Progress } from '../cli/progress';
import { runProgram } from '../database/program';
import type { EnvironmentOf } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { baseNote, baseSchema, isPointFile, pointsFolder } from './points-in-time';

interface Receiving {
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Takes points in time from elsewhere into the store: a tar archive of another store's mark, and of what is wanted of its folder `wal`.
 * What the store has already stays as it is.
 *
 * @returns how many files were written
 * @throws Refusal when it is another environment's, or is not as it was stored: nothing is kept then
 */
export async function receivePoints(
  store: Store,
  environment: EnvironmentOf<'store'>,
  archive: Readable,
  { progress, signal }: Receiving,
): Promise<number> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const folder = path.join(environment.BACKUP_WORK, 'receive-points');
  // Of one that was killed.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await progress.step('receiving it', () =>
      runProgram('tar', ['--extract', '--ignore-zeros', '--no-same-owner', '--directory', folder], {
        signal,
        input: archive,
      }),
    );
    await requireOf(environment, folder);
    const names = (await filesBelow(folder)).filter((name) => name !== markFile);
    requirePointFiles(names);
    for (const note of names.filter(isNote)) await requireArchive(folder, note);
    return await progress.step('writing it to the store', (tell) => putMissing(store, folder, names, tell, signal));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isNote = (name: string): boolean => path.posix.basename(name) === baseNote;

async function requireOf({ STOCK_ENVIRONMENT }: EnvironmentOf<'store'>, folder: string): Promise<void> {
  const text = await readFile(path.join(folder, markFile), 'utf8').catch(() => '');
  const found = environmentOfMark(text);
  if (found === STOCK_ENVIRONMENT) return;
  throw new Refusal(
    found === undefined
      ? `what was received does not say whose it is; send the mark of the store too: tar --create --directory STORE ${markFile} ${pointsFolder}`
      : `what was received is of the environment "${found}", this is "${STOCK_ENVIRONMENT}"; send what is of this one`,
  );
}

function requirePointFiles(names: readonly string[]): void {
  const others = names.filter((name) => !isPointFile(name));
  if (others.length > 0) {
    throw new Refusal(`${others.slice(0, 5).join(', ')}: no file of points in time; send the folder wal of a store`);
  }
  if (!names.some(isNote)) {
    throw new Refusal('what was received has no base backup; send the folder wal of a store, with what is below base');
  }
}

/** @throws Refusal when the archive of a base backup is not the one that its note tells of */
async function requireArchive(folder: string, note: string): Promise<void> {
  const facts = readStored(baseSchema, await readFile(path.join(folder, note), 'utf8'));
  if (!facts) throw new Refusal(`${note} is not what stockops wrote; send it again, or another base backup`);
  const { name, sha256 } = facts.archive;
  const found = await sumOf(createReadStream(path.join(folder, name))).catch(() => undefined);
  if (found?.sha256 === sha256) return;
  throw new Refusal(`${name} is ${found ? 'not what was stored' : 'not there'}; send it again, or another base backup`);
}

/** Those that make something a base backup come last. */
async function putMissing(
  store: Store,
  folder: string,
  names: readonly string[],
  tell: (detail: string) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const there = new Set((await store.list(pointsFolder)).map(({ name }) => name));
  const missing = [...names.filter((name) => !isNote(name)), ...names.filter(isNote)].filter(
    (name) => !there.has(name),
  );
  for (const [index, name] of missing.entries()) {
    tell(`${index + 1} of ${missing.length} files`);
    await put(store, folder, name, signal);
  }
  return missing.length;
}

async function put(store: Store, folder: string, name: string, signal: AbortSignal | undefined): Promise<void> {
  const file = path.join(folder, name);
  const { size: mostBytes } = await stat(file);
  const { sha256 } = await sumOf(createReadStream(file), signal);
  await store.put(name, createReadStream(file), { mostBytes, signal });
  const found = await sumOf(await store.read(name), signal);
  if (found.sha256 !== sha256) {
    throw new CannotTell(
      `${name} in ${store.place} is not what was written to it; see whether its disk is well, and send it again`,
    );
  }
  // On a volume that holds the store too, nothing has room twice.
  await rm(file);
}
