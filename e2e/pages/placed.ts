import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesDirectory, isText, textOf } from '../../constructs/workload/files';
import type { Secret } from '../../constructs/workload/secret';
import type { Workload } from '../../constructs/workload/workload';

/** A text of a container, said anew for this machine: a list of what is replaced by what. */
export type Translation = ReadonlyArray<readonly [from: string | RegExp, to: string]>;

export const translated = (text: string, translation: Translation): string =>
  translation.reduce((result, [from, to]) => result.replaceAll(from, to), text);

/**
 * Writes the files of a workload below a folder of this machine, secrets with the given password in them.
 * @returns what its container calls `filesDirectory`
 */
export function place(workload: Workload, folder: string, password: string, translation: Translation): string {
  const files = join(folder, workload.component);
  for (const [path, source] of Object.entries(workload.files)) {
    const text = isText(source) ? textOf(source) : textOfSecret(source.secret as Secret, source.key, password);
    mkdirSync(dirname(join(files, path)), { recursive: true });
    writeFileSync(join(files, path), translated(text, [...translation, [filesDirectory, files]]), { mode: 0o600 });
  }
  return files;
}

const textOfSecret = (secret: Secret, key: string, password: string): string =>
  secret.contents(password, () => 'given')[key] ?? '';
