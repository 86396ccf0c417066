import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { CannotTell } from '../failures';
import { isCopyId } from './copy-id';
import { manifestFile } from './manifest';
import { type Contents, type Draft, markFile, type Room, type Store } from './store';

const partial = '.partial';

/** A store in a folder of this machine, such as a volume. */
export class FolderStore implements Store {
  constructor(readonly place: string) {}

  readMark(): Promise<string | undefined> {
    return this.#textOf(markFile);
  }

  async writeMark(text: string): Promise<void> {
    await mkdir(this.place, { recursive: true, mode: 0o700 });
    await this.#replace(markFile, text);
  }

  async contents(): Promise<Contents> {
    const names = (await this.#looking(readdir(this.place))).sort();
    const copies: string[] = [];
    const unfinished = names.filter((name) => name.endsWith(partial) && isCopyId(name.slice(0, -partial.length)));
    for (const name of names.filter(isCopyId)) {
      const isWhole = await stat(path.join(this.place, name, manifestFile)).then(
        () => true,
        () => false,
      );
      if (isWhole) copies.push(name);
      else unfinished.push(name);
    }
    return { copies, unfinished };
  }

  readText(id: string, file: string): Promise<string | undefined> {
    return this.#textOf(path.join(id, file));
  }

  writeText(id: string, file: string, text: string): Promise<void> {
    return this.#replace(path.join(id, file), text);
  }

  async read(id: string, file: string): Promise<Readable> {
    return createReadStream(path.join(this.place, id, file));
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

  async #replace(file: string, text: string): Promise<void> {
    const whole = path.join(this.place, file);
    await writeFile(`${whole}.unfinished`, text, { mode: 0o600, flush: true });
    await rename(`${whole}.unfinished`, whole);
    await sync(path.dirname(whole));
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

/** Has what is written reach the disk, of every file and folder below. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const each = path.join(folder, entry.name);
    await (entry.isDirectory() ? syncTree(each) : sync(each));
  }
  await sync(folder);
}

async function sync(place: string): Promise<void> {
  const handle = await open(place, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
