import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { ResultFile } from '../files/result-file';
import type { RejectedRow } from './bar-reader';

/** Rows and bytes after which rejected rows are only counted. */
export const mostRejects = { rows: 100_000, bytes: 64 * 1024 * 1024 };

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const mostNames = 1000;

/** The first name that is free: `name`.rejects.csv, then with a number. */
async function firstFree(name: string): Promise<string> {
  for (let number = 1; number < mostNames; number++) {
    const file = `${name}.rejects${number === 1 ? '' : `-${number}`}.csv`;
    const isTaken = await lstat(file).then(
      () => true,
      () => false,
    );
    if (!isTaken) return file;
  }
  throw new Error(`${name} has ${mostNames - 1} files of rejected rows; move them away`);
}

interface RejectsOptions {
  /** Where rejected rows are to go; undefined for a name after the file's own. */
  file: string | undefined;
  /** The name of the imported file. */
  importedFile: string;
  input: Pick<Stats, 'dev' | 'ino'>;
  overwrite: boolean;
}

/** Rows that were refused, each with its line, the rule, the reason and the row as it was; there is a file only of some. */
export class RejectsFile {
  /** Rows in the file. */
  written = 0;
  #bytes = 0;
  #result: ResultFile | undefined;
  #file: string | undefined;
  readonly #options: RejectsOptions;

  private constructor(options: RejectsOptions) {
    this.#options = options;
  }

  /**
   * Prepares the file. Where its name was chosen, it is tried at once.
   *
   * @throws UsageError when the name is taken, Error when nothing can be written there
   */
  static async prepare(options: RejectsOptions): Promise<RejectsFile> {
    const rejects = new RejectsFile(options);
    if (options.file !== undefined) await rejects.#begin(options.file);
    return rejects;
  }

  /** Where the rows are; null when there are none. */
  get name(): string | null {
    return this.written > 0 ? (this.#file ?? null) : null;
  }

  async write(rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0 || this.written >= mostRejects.rows || this.#bytes >= mostRejects.bytes) return;
    const result = this.#result ?? (await this.#begin(await firstFree(this.#options.importedFile)));
    const kept = rows.slice(0, mostRejects.rows - this.written);
    const lines = kept.map(({ line, rule, reason, text }) => `${line},${rule},${quoted(reason)},${quoted(text)}\n`);
    const header = this.written === 0 ? 'line,rule,reason,row\n' : '';
    const content = Buffer.from(header + lines.join(''));
    await result.write(content);
    this.written += kept.length;
    this.#bytes += content.length;
  }

  /** Gives the file its name, if it has rows. */
  async keep(): Promise<void> {
    if (this.written > 0) await this.#result?.keep();
    else await this.discard();
  }

  async discard(): Promise<void> {
    await this.#result?.discard();
  }

  async #begin(file: string): Promise<ResultFile> {
    const { overwrite, input } = this.#options;
    this.#file = file;
    this.#result = await ResultFile.create(file, { overwrite, input });
    return this.#result;
  }
}
