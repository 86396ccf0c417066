import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../failures';
import { type Ended, runTool } from '../place/tool';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** What is nowhere, or below something that is no folder. */
const isNowhere = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

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

  /** The text of a file; undefined where there is none, or where it may not be read. */
  async read(file: string): Promise<string | undefined> {
    return readFile(this.at(file), 'utf8').catch(() => undefined);
  }

  /** The names in a folder, in order; none where there is no such folder. */
  async names(folder: string): Promise<string[]> {
    const names = await readdir(this.at(folder)).catch(() => []);
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
