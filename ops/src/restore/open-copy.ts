import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { decryptInto } from '../backup/encryption';
import type { Manifest, StoredFile } from '../backup/manifest';
import type { Store } from '../backup/store';
import { Summed } from '../backup/summed';
import { foundOf, problemOf, recordVerification, verifyCopy } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { makeOwnedFolder, removeFolder } from '../drill/owned-folder';
import { Refusal } from '../failures';
import { together } from '../together';

export interface OpenOptions {
  /** Folder for what is read of a store elsewhere, or decrypted. */
  work: string;
  /** Private key of age. */
  identity: string | undefined;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** Begins the names of folders with a copy in clear; the next one takes away what a killed process left. */
export const openedPrefix = 'opened-';

/** Works with the files of a copy in clear. @param stop ends it when they are not what was written */
type Work = (folder: string, stop: AbortSignal | undefined) => Promise<void>;

/**
 * Works with the files of a copy in clear, each of them compared with the manifest before this has ended: where they lie on this machine they
 * are read beside the work, otherwise as they come.
 *
 * @throws Refusal when one was changed, or cannot be decrypted, whatever came of the work
 */
export async function withOpenCopy(store: Store, manifest: Manifest, options: OpenOptions, work: Work): Promise<void> {
  const { signal, identity } = options;
  const isEncrypted = manifest.recipients.length > 0;
  if (isEncrypted && !identity) {
    throw new Refusal(
      `copy ${manifest.id} is encrypted for ${manifest.recipients.join(', ')}; give the private key of one of them in BACKUP_AGE_IDENTITY_FILE`,
    );
  }
  const there = store.folderOf(manifest.id);
  if (there !== undefined && !isEncrypted) return workWhileVerifying(store, manifest, there, work, signal);
  const folder = await makeOwnedFolder(options.work, openedPrefix);
  try {
    await openInto(folder, store, manifest, options);
    await work(folder, signal);
  } finally {
    await removeFolder(folder);
  }
}

/** What a damaged file did to the work is less than what is wrong with it. */
async function workWhileVerifying(
  store: Store,
  manifest: Manifest,
  folder: string,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<void> {
  const verifying = verifyCopy(store, manifest.id, undefined, signal).then(({ problems }) => {
    refuseDamaged(manifest, problems);
  });
  await together(signal, (stop) => [verifying, work(folder, stop)]).catch(async (error) => {
    await verifying;
    throw error;
  });
}

/** Every file in clear, summed up on its way. */
async function openInto(folder: string, store: Store, manifest: Manifest, options: OpenOptions): Promise<void> {
  const { files, id } = manifest;
  const problems: string[] = [];
  await options.progress.step('opening the copy', async (tell) => {
    for (const [index, file] of files.entries()) {
      tell(`${index + 1} of ${files.length} files`);
      const problem = await openFile(folder, store, manifest, file, options);
      if (problem) problems.push(problem);
    }
  });
  await recordVerification(store, id, problems);
  refuseDamaged(manifest, problems);
}

/** @returns in what it is not what was written */
async function openFile(
  folder: string,
  store: Store,
  { id, recipients }: Manifest,
  file: StoredFile,
  { identity, signal }: OpenOptions,
): Promise<string | undefined> {
  const target = path.join(folder, file.path);
  const summed = new Summed();
  try {
    const stored = await store.read(`${id}/${file.path}`);
    const flowing = pipeline(stored, summed, { signal });
    flowing.catch(() => undefined);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    if (recipients.length > 0) await decryptInto(folder, file.path, summed, identity as string, signal);
    else await pipeline(summed, createWriteStream(target, { mode: 0o600 }), { signal });
    await flowing;
  } catch (error) {
    signal?.throwIfAborted();
    // A key that is another, or a file that is: its sum tells which.
    const problem = problemOf(file, await foundOf(store, id, file.path, signal));
    if (problem) return problem;
    throw error;
  }
  return problemOf(file, summed.sum());
}

function refuseDamaged({ id }: Manifest, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new Refusal(`copy ${id} is damaged: ${problems.join('; ')}; take another: stockops backup list`);
}
