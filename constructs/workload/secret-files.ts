import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from './secret';

/** Where the local environment's secrets are, below the repository's root and outside git. */
export const secretsDirectory = '.local/secrets';

/** The password all keys of a secret are made from; kept so that a new key fits the volume of an old one. */
const passwordFile = '.password';

/**
 * Makes what is missing of the secrets' files below `root`: one folder a secret, one file a key, readable by nobody else.
 * A text that people have to give is an empty file at first. What exists is not changed, because a volume may have been initialized with it.
 * @returns the paths of the files it made, below `root`
 */
export function writeSecretFiles(root: string, secrets: readonly Secret[]): string[] {
  return secrets.flatMap((secret) => {
    const folder = join(secretsDirectory, secret.component);
    mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    chmodSync(join(root, secretsDirectory), 0o700);
    writeMissing(join(root, folder, passwordFile), randomBytes(24).toString('base64url'));
    const password = readFileSync(join(root, folder, passwordFile), 'utf8');
    return Object.entries(secret.contents(password, () => ''))
      .filter(([key, text]) => writeMissing(join(root, folder, key), text))
      .map(([key]) => join(folder, key));
  });
}

function writeMissing(path: string, text: string): boolean {
  if (existsSync(path)) return false;
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  return true;
}
