import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../backup/kept-file';
import { Refusal } from '../failures';

/** A text that outlives this process, replaced as a whole or not at all. */
export interface Page {
  /** Where it is, for people. */
  readonly place: string;
  /** @returns undefined where nothing was written */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** A page that is a file of this machine, and lasts through a power cut. */
export class FilePage implements Page {
  constructor(readonly place: string) {}

  async read(): Promise<string | undefined> {
    return readFile(this.place, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new Refusal(`${this.place} cannot be read (${code}); make it readable`);
    });
  }

  async write(text: string): Promise<void> {
    await mkdir(path.dirname(this.place), { recursive: true, mode: 0o700 });
    await replaceFile(this.place, text);
  }
}
