import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants, type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { getSystemErrorMap, inspect } from 'node:util';
import { UsageError } from '../runtime/usage-error';

interface ResultFileOptions {
  /** Whether a regular file of that name may be replaced. */
  overwrite: boolean;
  /** The file that the command reads, which is never replaced. */
  input?: Pick<Stats, 'dev' | 'ino'>;
}

/** An error of the operating system, as Node throws it. */
export type SystemError = Error & { code?: string; errno?: number };

/** What the operating system has against it, such as "no space left on device". */
export const systemReason = (error: SystemError): string =>
  getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message;

/** Codes by which file systems say that they have no hard links. */
const withoutHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

const longestKeptName = 60;

/** A name beside the file, in the same file system. */
function unfinishedName(file: string): string {
  const { dir, base } = path.parse(file);
  return path.join(dir, `${base.slice(0, longestKeptName)}.${randomBytes(4).toString('hex')}.part`);
}

const existing = (file: string): Promise<Stats | undefined> =>
  lstat(file).catch((error: SystemError) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** @throws UsageError when something stands under the name that is to stay */
async function requireFree(file: string, { overwrite, input }: ResultFileOptions): Promise<void> {
  const name = inspect(file);
  if (file === '' || file.endsWith(path.sep)) throw new UsageError(`${name} is not the name of a file`);
  const found = await existing(file);
  if (!found) return;
  if (found.dev === input?.dev && found.ino === input.ino) {
    throw new UsageError(`${name} is the file that is read; name another one for the result`);
  }
  if (!found.isFile()) throw new UsageError(`${name} exists and is no regular file; name another one`);
  if (!overwrite) throw new UsageError(`${name} exists; name another file, or replace it with --overwrite`);
}

/** Gives the file its name where that is still free. */
async function linkOrRename(unfinished: string, file: string): Promise<void> {
  try {
    await link(unfinished, file);
    await rm(unfinished);
  } catch (error) {
    if (!withoutHardLinks.has((error as SystemError).code ?? '')) throw error;
    // What is replaced is the empty file made here, so nothing that was there before.
    await (await open(file, 'wx')).close();
    await rename(unfinished, file);
  }
}

/**
 * The file that a command writes its result to. It stands under a name of its own until it is whole; nothing that
 * exists is unlinked, written through or replaced, but a regular file where that was asked for.
 */
export class ResultFile {
  readonly #file: string;
  readonly #options: ResultFileOptions;
  readonly #unfinished: string;
  readonly #handle: FileHandle;

  private constructor(file: string, options: ResultFileOptions, unfinished: string, handle: FileHandle) {
    this.#file = file;
    this.#options = options;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  /**
   * Begins a file; `keep` or `discard` must follow.
   *
   * @throws UsageError when the name is taken, Error when nothing can be written there
   */
  static async create(file: string, options: ResultFileOptions): Promise<ResultFile> {
    return naming(file, async () => {
      await requireFree(file, options);
      const unfinished = unfinishedName(file);
      const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
      const handle = await open(unfinished, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o666);
      return new ResultFile(file, options, unfinished, handle);
    });
  }

  /** Adds to the file. */
  write(content: string | Uint8Array): Promise<void> {
    return naming(this.#file, () => this.#handle.writeFile(content));
  }

  /** Ends the file: it is on the disk under its name, or there is none and an error says why. */
  async keep(): Promise<void> {
    try {
      await naming(this.#file, async () => {
        await this.#handle.sync();
        await this.#handle.close();
        await requireFree(this.#file, this.#options);
        if (this.#options.overwrite) await rename(this.#unfinished, this.#file);
        else await linkOrRename(this.#unfinished, this.#file);
      });
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Gives the file up. What stood under its name stands there still. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#unfinished, { force: true });
  }
}

/** Runs work on a file; an error of the operating system comes out with the name of the file. */
async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new Error(`cannot write ${inspect(file)}: ${systemReason(error as SystemError)}`);
  }
}

/**
 * Writes a whole file, as {@link ResultFile} does.
 *
 * @throws UsageError when the name is taken, Error when nothing can be written there
 */
export async function writeResultFile(
  file: string,
  content: string | Uint8Array,
  options: ResultFileOptions,
): Promise<void> {
  const result = await ResultFile.create(file, options);
  try {
    await result.write(content);
  } catch (error) {
    await result.discard();
    throw error;
  }
  await result.keep();
}
