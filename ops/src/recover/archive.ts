import { spawn } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A tar archive of what lies in a folder. @param names below it */
export function archiveOf(folder: string, names: readonly string[]): Readable {
  const words = ['--create', '--directory', folder, '--null', '--files-from=-'];
  const archive = spawn('tar', words, { stdio: ['pipe', 'pipe', 'ignore'] });
  // Who receives it sees that it is not whole.
  pipeline(Readable.from(names.map((name) => `${name}\0`)), archive.stdin).catch(() => undefined);
  // What nobody reads yet would be lost when its process ends.
  return archive.stdout.pipe(new PassThrough());
}
