import { constants } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CannotTell, Refusal } from '../failures';
import { type Ended, runTool } from '../place/tool';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** What is nowhere, or below something that is no folder. */
const isNowhere = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/** What cannot be read for another reason than that it is not there is not taken for nothing. */
function refuseUnreadable(error: unknown, place: string): undefined {
  if (isNowhere(error)) return undefined;
  if (!['EACCES', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
  throw new CannotTell(`${place} cannot be read by this user; run it as root`);
}

/** No file of settings is as large; of a log this much at its end. */
const mostBytes = 64 * 1024 * 1024;

/** The root folder of a host: `/`, or that of another system, in which nothing is run that changes this one. */
export class HostRoot {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = path.resolve(folder);
  }

  /** Whether it is the system that this program runs in. */
  get isLive(): boolean {
    return this.folder === '/';
  }

  /** Where a path of the host lies for this program. */
  at(file: string): string {
    return path.join(this.folder, file);
  }

  /** @throws Refusal when there is no system below it: a mistyped one would be made */
  async requireSystem(): Promise<void> {
    const etc = await stat(this.at('etc')).catch(() => undefined);
    if (etc?.isDirectory()) return;
    throw new Refusal(
      `${this.folder} is no root folder of a system: it has no folder etc; allowed for --root: one that has`,
    );
  }

  /**
   * The text of a file; undefined where there is none, or something that is no file: a pipe would be waited for without end.
   *
   * @throws CannotTell where it may not be read
   */
  async read(file: string): Promise<string | undefined> {
    try {
      const handle = await open(this.at(file), constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const facts = await handle.stat();
        if (!facts.isFile()) return undefined;
        const end = handle.createReadStream({ start: Math.max(0, facts.size - mostBytes), autoClose: false });
        return Buffer.concat(await end.toArray()).toString();
      } finally {
        await handle.close();
      }
    } catch (error) {
      return refuseUnreadable(error, this.at(file));
    }
  }

  /** The names in a folder, in order; none where there is no such folder. @throws CannotTell where it may not be read */
  async names(folder: string): Promise<string[]> {
    const names = await readdir(this.at(folder)).catch((error) => refuseUnreadable(error, this.at(folder)) ?? []);
    return names.sort();
  }

  /** Whether there is something of this name. */
  async has(file: string): Promise<boolean> {
    return lstat(this.at(file)).then(
      () => true,
      (error) => {
        if (isNowhere(error)) return false;
        throw error;
      },
    );
  }

  /**
   * A link among the folders of a path would lead what is written to where nobody looks, and out of another root.
   *
   * @throws Refusal that names it
   */
  async requireNoLinks(file: string): Promise<void> {
    const folders = path.dirname(file).split('/').filter(Boolean);
    for (const index of folders.keys()) {
      const folder = this.at(folders.slice(0, index + 1).join('/'));
      const found = await lstat(folder).catch(() => undefined);
      if (found?.isSymbolicLink())
        throw new Refusal(`${folder} is a symbolic link; stockops writes through none: replace it by a folder`);
    }
  }

  /** Runs a program of the host to its end. @throws CannotTell when it is not there */
  run(program: string, words: readonly string[] = []): Promise<Ended> {
    return this.isLive ? runTool(program, words) : runTool('chroot', [this.folder, program, ...words]);
  }

  /** Where a program is found in the host. */
  async programs(name: string): Promise<string | undefined> {
    for (const folder of ['/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
      if (await this.has(`${folder}/${name}`)) return `${folder}/${name}`;
    }
    return undefined;
  }
}
