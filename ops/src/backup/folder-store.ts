import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CannotTell } from '../failures';
import { isCopyId } from './copy-id';
import { replaceFile, sync, unfinishedFile } from './kept-file';
import { manifestFile } from './manifest';
import { type Contents, type Draft, type Listed, markFile, type Putting, type Room, type Store } from './store';

const partial = '.partial';

/** A store in a folder of this machine, such as a volume. */
export class FolderStore implements Store {
  constructor(readonly place: string) {}

  readMark(): Promise<string | undefined> {
    return this.#textOf(markFile);
  }

  async writeMark(text: string): Promise<void> {
    await mkdir(this.place, { recursive: true, mode: 0o700 });
    await replaceFile(path.join(this.place, markFile), text);
  }

  async contents(): Promise<Contents> {
    const names = (await this.#looking(readdir(this.place))).sort();
    const copies: string[] = [];
    const unfinished = names.filter((name) => name.endsWith(partial) && isCopyId(name.slice(0, -partial.length)));
    const notes: Listed[] = [];
    for (const id of names.filter(isCopyId)) {
      const beside = (await readdir(path.join(this.place, id)).catch(() => [])).filter((name) =>
        name.endsWith('.json'),
      );
      const found = await this.#listed(beside.map((name) => `${id}/${name}`));
      if (found.some(({ name }) => name === `${id}/${manifestFile}`)) copies.push(id);
      else unfinished.push(id);
      notes.push(...found);
    }
    return { copies, unfinished, notes };
  }

  readText(name: string): Promise<string | undefined> {
    return this.#textOf(name);
  }

  writeText(name: string, text: string): Promise<void> {
    return replaceFile(path.join(this.place, name), text);
  }

  async read(name: string): Promise<Readable> {
    return createReadStream(path.join(this.place, name));
  }

  async put(name: string, content: Readable, { signal }: Putting): Promise<void> {
    const whole = path.join(this.place, name);
    await mkdir(path.dirname(whole), { recursive: true, mode: 0o700 });
    const unfinished = createWriteStream(`${whole}${unfinishedFile}`, { mode: 0o600, flush: true });
    try {
      await pipeline(content, unfinished, { signal });
    } catch (error) {
      await rm(`${whole}${unfinishedFile}`, { force: true });
      throw error;
    }
    await rename(`${whole}${unfinishedFile}`, whole);
    await sync(path.dirname(whole));
  }

  async removeFile(name: string): Promise<void> {
    await rm(path.join(this.place, name), { force: true });
  }

  async folders(folder: string): Promise<string[]> {
    const found = await this.#looking(unlessMissing(readdir(path.join(this.place, folder), { withFileTypes: true })));
    return found
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  async list(folder: string, after = ''): Promise<Listed[]> {
    const place = path.join(this.place, folder);
    const entries = await this.#looking(unlessMissing(readdir(place, { recursive: true, withFileTypes: true })));
    const names = entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(unfinishedFile))
      .map((entry) => path.relative(this.place, path.join(entry.parentPath, entry.name)));
    return this.#listed(names.filter((name) => name > after).sort());
  }

  folderOf(id: string): string {
    return path.join(this.place, id);
  }

  async begin(id: string): Promise<Draft> {
    const folder = path.join(this.place, `${id}${partial}`);
    await mkdir(folder, { mode: 0o700 });
    return {
      folder,
      commit: async (manifest) => {
        await writeFile(path.join(folder, manifestFile), manifest, { mode: 0o600, flush: true });
        await syncTree(folder);
        await rename(folder, path.join(this.place, id));
        await sync(this.place);
      },
      discard: () => rm(folder, { recursive: true, force: true }),
    };
  }

  async remove(id: string): Promise<void> {
    await rm(path.join(this.place, id, manifestFile), { force: true });
    await rm(path.join(this.place, id), { recursive: true, force: true });
  }

  async removeUnfinished(name: string): Promise<void> {
    await rm(path.join(this.place, name), { recursive: true, force: true });
  }

  async room(): Promise<Room> {
    const { bavail, blocks, bsize } = await statfs(this.place);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  }

  close(): void {}

  async #textOf(file: string): Promise<string | undefined> {
    try {
      return await readFile(path.join(this.place, file), 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw this.#unreadable(error);
    }
  }

  /** Those of the names that are still there. */
  async #listed(names: readonly string[]): Promise<Listed[]> {
    const found = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(path.join(this.place, name)).catch(() => undefined);
        return facts && { name, changedAt: facts.mtime, version: `${facts.ino} ${facts.mtimeMs} ${facts.size}` };
      }),
    );
    return found.filter((each) => each !== undefined);
  }

  async #looking<T>(look: Promise<T>): Promise<T> {
    return look.catch((error) => {
      throw this.#unreadable(error);
    });
  }

  #unreadable = (error: unknown) =>
    new CannotTell(
      `the store ${this.place} cannot be read (${(error as NodeJS.ErrnoException).code}); mount it, or make it readable`,
    );
}

/** Nothing, where there is no such folder. */
const unlessMissing = <T>(entries: Promise<T[]>): Promise<T[]> =>
  entries.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });

/** Has what is written reach the disk, of every file and folder below. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const each = path.join(folder, entry.name);
    await (entry.isDirectory() ? syncTree(each) : sync(each));
  }
  await sync(folder);
}
