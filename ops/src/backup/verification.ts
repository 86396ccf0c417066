import { z } from 'zod';
import { CannotTell, Refusal } from '../failures';
import { sumOf } from './copy-files';
import { type Manifest, manifestFile, readManifest, type StoredFile } from './manifest';
import type { CopyReader, Store } from './store';
import { readStored, writeStored } from './stored-json';

/** Beside the manifest: what the last look at all files of the copy found. */
const verificationFile = 'verification.json';

const schema = z.object({ schemaVersion: z.literal(1), verifiedAt: z.string(), problems: z.array(z.string()) });

/** verified: all files were read again and are as they were written; damaged: not all are; unverified: nobody looked. */
export type CopyState = 'verified' | 'unverified' | 'damaged';

export interface Verification {
  readonly state: CopyState;
  readonly verifiedAt?: string;
  readonly problems: readonly string[];
}

/** The manifest of a copy. @throws Refusal when there is none, or it was changed */
export async function manifestOf(store: CopyReader, id: string): Promise<Manifest> {
  const text = await store.readText(`${id}/${manifestFile}`);
  if (text === undefined) throw noSuchCopy(store, id);
  return readManifest(id, text);
}

export const noSuchCopy = ({ place }: CopyReader, id: string) =>
  new Refusal(`there is no copy ${id} in ${place}; see those there are: stockops backup list`);

/** What the last look at the copy found. */
export async function verificationOf(store: CopyReader, id: string): Promise<Verification> {
  const found = readStored(schema, await store.readText(`${id}/${verificationFile}`));
  if (!found) return { state: 'unverified', problems: [] };
  const { verifiedAt, problems } = found;
  return { state: problems.length === 0 ? 'verified' : 'damaged', verifiedAt, problems };
}

/**
 * Reads every file of a copy and writes down what is found.
 *
 * @throws CannotTell when the store stops to answer: nothing is written down then
 */
export async function verifyCopy(
  store: Store,
  id: string,
  tell: (detail: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Verification> {
  return recordVerification(store, id, await problemsOf(store, id, tell, signal));
}

/** Writes down what a look at all files of a copy found. */
export async function recordVerification(store: Store, id: string, problems: readonly string[]): Promise<Verification> {
  const verifiedAt = new Date().toISOString();
  await store.writeText(`${id}/${verificationFile}`, writeStored({ schemaVersion: 1, verifiedAt, problems }));
  return { state: problems.length === 0 ? 'verified' : 'damaged', verifiedAt, problems };
}

/** In what a file is not what was written, undefined where it is. @param found nothing where there is no such file */
export function problemOf(said: StoredFile, found: Omit<StoredFile, 'path'> | undefined): string | undefined {
  const { path, bytes, sha256 } = said;
  if (!found) return `${path} is missing`;
  if (found.bytes !== bytes) return `${path} has ${found.bytes} bytes, ${bytes} were written`;
  return found.sha256 === sha256 ? undefined : `${path} is not what was written`;
}

/** What is wrong with the files of a copy, a line each. Writes nothing down. */
export async function problemsOf(
  store: Store,
  id: string,
  tell: (detail: string) => void,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  let manifest: Manifest;
  try {
    manifest = await manifestOf(store, id);
  } catch (error) {
    if (error instanceof Refusal) return [error.message];
    throw error;
  }
  const problems: string[] = [];
  for (const [index, file] of manifest.files.entries()) {
    signal?.throwIfAborted();
    tell(`${index + 1} of ${manifest.files.length} files`);
    const problem = problemOf(file, await foundOf(store, id, file.path, signal));
    if (problem) problems.push(problem);
  }
  return problems;
}

/** Size and sum of a file of a copy as it is, undefined where there is none. @throws CannotTell when it cannot be read */
export async function foundOf(store: Store, id: string, path: string, signal: AbortSignal | undefined) {
  try {
    return await sumOf(await store.read(`${id}/${path}`), signal);
  } catch (failure) {
    signal?.throwIfAborted();
    const error = failure as NodeJS.ErrnoException;
    if (error.code === 'ENOENT' || error.name === 'NoSuchKey') return undefined;
    throw new CannotTell(`${path} of copy ${id} cannot be read (${error.code ?? error.message})`);
  }
}
