import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** Writes a file only the owner may read; it is there whole or not at all. */
export async function writeSecret(file: string, secret: string): Promise<void> {
  await writeFile(`${file}.unfinished`, secret, { mode: 0o600 });
  await rename(`${file}.unfinished`, file);
}

/** The secret that a file holds; undefined where there is none. */
export const readSecret = async (file: string): Promise<string | undefined> =>
  (await readFile(file, 'utf8').catch(() => '')) || undefined;

/** The secret that a file holds, a new one the first time. */
export async function keptSecret(file: string): Promise<string> {
  const kept = await readSecret(file);
  if (kept) return kept;
  const secret = randomBytes(32).toString('base64url');
  await writeSecret(file, secret);
  return secret;
}
