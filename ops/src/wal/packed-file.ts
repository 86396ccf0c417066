import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { sumOf } from '../backup/copy-files';
import { decrypted, encrypted } from '../backup/encryption';
import type { Putting, Store } from '../backup/store';
import { Summed } from '../backup/summed';
import { CannotTell, Refusal } from '../failures';

// The files of points in time as they lie in a store: compressed, and encrypted where copies are.

const compressed = '.gz';
const encryptedToo = '.gz.age';
/** What a name may end with. */
export const packedSuffixes = [compressed, encryptedToo] as const;
/** Fast: what is large is written once and hardly ever read. */
const level = 1;

/** What was stored. */
export interface Packed {
  name: string;
  bytes: number;
  sha256: string;
}

/** The name without what packing adds to it. */
export const unpackedName = (name: string): string => name.replace(/\.gz(\.age)?$/, '');

/**
 * Writes a stream to a file of the store, and reads that again.
 *
 * @throws CannotTell when the store gives something else than it was given
 */
export async function putPacked(
  store: Store,
  name: string,
  content: Readable,
  { recipients, ...putting }: Putting & { recipients: readonly string[] | undefined },
): Promise<Packed> {
  const small = through(content, createGzip({ level }));
  const given = new Summed();
  const whole = `${name}${recipients ? encryptedToo : compressed}`;
  try {
    await store.put(whole, through(recipients ? await encrypted(small, recipients) : small, given), putting);
  } finally {
    content.destroy();
  }
  const { bytes, sha256 } = given.sum();
  const found = await sumOf(await store.read(whole), putting.signal);
  if (found.sha256 === sha256) return { name: whole, bytes, sha256 };
  throw new CannotTell(
    `${whole} in ${store.place} has ${found.bytes} bytes that are not the ${bytes} that were written; it is written again`,
  );
}

/** What was packed. @throws Refusal when it is encrypted and no key is given; the stream fails where the file is damaged */
export async function openPacked(store: Store, name: string, identity: string | undefined): Promise<Readable> {
  if (!name.endsWith(encryptedToo)) return through(await store.read(name), createGunzip());
  if (!identity) {
    throw new Refusal(
      `${name} is encrypted; give the private key of one of its recipients in BACKUP_AGE_IDENTITY_FILE`,
    );
  }
  return through(await decrypted(await store.read(name), identity), createGunzip());
}

/** Leads one stream through another; what fails in the first is what the second fails with. */
const through = <T extends Readable & NodeJS.WritableStream>(from: Readable, transform: T): T =>
  pipeline(from, transform, () => undefined) as unknown as T;
