import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../config/configuration-error';
import type { ReadableSecret } from './files';
import type { Secret } from './secret';

/** Where the secrets of environments on Docker are, below the repository's root and outside git. */
export const secretsDirectory = '.local/secrets';

/** Where those of one environment are. */
export const secretsOf = (environmentName: string): string => join(secretsDirectory, environmentName);

/** The folder of one secret. */
export const secretFolder = ({ environmentName, label }: ReadableSecret): string =>
  join(secretsOf(environmentName), label);

/** Where a version before this one kept the secret. */
const formerFolder = ({ label }: Secret): string => join(secretsDirectory, label);

/** The password all keys of a secret are made from; kept so that a new key fits those there are. */
const passwordFile = '.password';
/** The revision at which it was made. */
const revisionFile = '.revision';

/**
 * Makes what is missing of the secrets' files below `root`: one folder a secret, one file a key, readable by nobody else.
 * A text that people have to give is an empty file at first. What exists is changed only where a higher revision has it made anew.
 * @returns the paths of the files it made, below `root`
 * @throws ConfigurationError when they are where they were before each environment had its folder
 */
export function writeSecretFiles(root: string, secrets: readonly Secret[]): string[] {
  refuseFormerFolders(root, secrets);
  return secrets.flatMap((secret) => {
    const folder = secretFolder(secret);
    mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    for (const above of [secretsDirectory, secretsOf(secret.environmentName)]) chmodSync(join(root, above), 0o700);
    if (secret.givenKeys.length === 0) forgetFormer(join(root, folder), secret.revision);
    writeMissing(join(root, folder, passwordFile), randomBytes(24).toString('base64url'));
    const password = readFileSync(join(root, folder, passwordFile), 'utf8');
    const made = Object.entries(secret.contents(password, () => ''))
      .filter(([key, text]) => writeMissing(join(root, folder, key), text))
      .map(([key]) => join(folder, key));
    // The last, so that what is interrupted is done again.
    if (secret.revision > 1) writeFileSync(join(root, folder, revisionFile), `${secret.revision}`, { mode: 0o600 });
    return made;
  });
}

/** Takes away what was made at a lower revision than is wanted. */
function forgetFormer(folder: string, revision: number): void {
  if (revision <= revisionOf(folder)) return;
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

/** The first is not written down. */
const revisionOf = (folder: string): number => {
  const kept = join(folder, revisionFile);
  return existsSync(kept) ? Number(readFileSync(kept, 'utf8')) : 1;
};

function refuseFormerFolders(root: string, secrets: readonly Secret[]): void {
  const former = secrets.filter((secret) => existsSync(join(root, formerFolder(secret), passwordFile)));
  if (!former[0]) return;
  const folder = secretsOf(former[0].environmentName);
  const paths = former.map(formerFolder).join(' ');
  throw new ConfigurationError(
    `${paths}: the secrets of an environment are in a folder of its own, and volumes were made with these; move them: mkdir -p ${folder} && mv ${paths} ${folder}/`,
  );
}

function writeMissing(path: string, text: string): boolean {
  if (existsSync(path)) return false;
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  return true;
}
