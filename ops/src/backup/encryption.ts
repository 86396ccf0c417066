import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { Refusal } from '../failures';
import { filesBelow } from './copy-files';

const suffix = '.age';

/** What a stream gives, encrypted for the recipients, any of whom can read it. */
export async function encrypted(clear: Readable, recipients: readonly string[]): Promise<Readable> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return readableOf(await encrypter.encrypt(webStreamOf(clear)));
}

/** What an encrypted stream gives in clear. @throws Error when the identity is none of the recipients', or it was changed */
export async function decrypted(stored: Readable, identity: string): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return readableOf(await decrypter.decrypt(webStreamOf(stored)));
}

/** Encrypts every file below a folder for the recipients, any of whom can read it, and leaves none in clear. */
export async function encryptFolder(
  folder: string,
  recipients: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (const file of await filesBelow(folder)) {
    const clear = path.join(folder, file);
    const stored = await encrypted(createReadStream(clear), recipients);
    await pipeline(stored, createWriteStream(clear + suffix, { mode: 0o600 }), { signal });
    await rm(clear);
  }
}

/**
 * Writes one encrypted file in clear.
 *
 * @param stored path of the file in its copy
 * @throws Refusal when the identity is none of the recipients', or the file was changed
 */
export async function decryptInto(
  folder: string,
  stored: string,
  encryptedFile: Readable,
  identity: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = path.join(folder, stored.replace(/\.age$/, ''));
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  try {
    await pipeline(await decrypted(encryptedFile, identity), createWriteStream(target, { mode: 0o600 }), { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Refusal(
      `${stored} cannot be read with the key in BACKUP_AGE_IDENTITY (${(error as Error).message}); give that of one of the recipients: stockops backup list --json names them`,
    );
  } finally {
    encryptedFile.destroy();
  }
}

// The two kinds of streams differ in their types alone.
const webStreamOf = (stream: Readable) => Readable.toWeb(stream) as globalThis.ReadableStream<Uint8Array>;
const readableOf = (stream: globalThis.ReadableStream<Uint8Array>) => Readable.fromWeb(stream as ReadableStream);
