import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sync } from '../backup/kept-file';
import { CannotTell } from '../failures';
import type { Kept, Shelf } from './shelf';

const fileForm = /^(?<name>[a-z0-9-]+)\.(?<version>\d+)\.json$/;

/**
 * A shelf that is a folder. Each writing of a text is a file with a number of its own, which only one writer can make; the highest is
 * the text.
 */
export class FolderShelf implements Shelf {
  constructor(readonly place: string) {}

  async read(name: string): Promise<Kept | undefined> {
    for (;;) {
      const version = (await this.#versions(name)).at(-1);
      if (version === undefined) return undefined;
      const text = await readFile(this.#file(name, version), 'utf8').catch((error: NodeJS.ErrnoException) => {
        // It was replaced in between.
        if (error.code === 'ENOENT') return undefined;
        throw this.#unreadable(error);
      });
      if (text !== undefined) return { text, version: `${version}` };
    }
  }

  async write(name: string, text: string, version: string | undefined): Promise<boolean> {
    await mkdir(this.place, { recursive: true, mode: 0o770 }).catch((error) => Promise.reject(this.#unreadable(error)));
    const draft = path.join(this.place, `.${name}.${randomUUID()}`);
    const next = Number(version ?? 0) + 1;
    try {
      await writeFile(draft, text, { flush: true, mode: 0o660 });
      if (!(await this.#isFirst(draft, name, next))) return false;
    } catch (error) {
      throw this.#unreadable(error as NodeJS.ErrnoException);
    } finally {
      await rm(draft, { force: true });
    }
    await sync(this.place);
    await this.#forget(name, next);
    return true;
  }

  async list(prefix: string): Promise<Map<string, string>> {
    const names = [...new Set((await this.#files()).map(({ name }) => name))].filter((name) => name.startsWith(prefix));
    const kept = await Promise.all(names.sort().map(async (name) => [name, (await this.read(name))?.text] as const));
    return new Map(kept.filter((each): each is [string, string] => each[1] !== undefined));
  }

  async remove(...names: string[]): Promise<void> {
    for (const name of names) await this.#forget(name, Number.POSITIVE_INFINITY);
  }

  /** Gives the draft its number, if no other has it, or a higher one. */
  async #isFirst(draft: string, name: string, version: number): Promise<boolean> {
    const file = this.#file(name, version);
    try {
      await link(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    if ((await this.#versions(name)).at(-1) === version) return true;
    // Who comes so late that the number was given and forgotten.
    await rm(file, { force: true });
    return false;
  }

  async #forget(name: string, before: number): Promise<void> {
    const old = (await this.#versions(name)).filter((version) => version < before);
    await Promise.all(old.map((version) => rm(this.#file(name, version), { force: true })));
  }

  async #versions(name: string): Promise<number[]> {
    const ofName = (await this.#files()).filter((file) => file.name === name);
    return ofName.map(({ version }) => version).sort((a, b) => a - b);
  }

  async #files(): Promise<{ name: string; version: number }[]> {
    const files = await readdir(this.place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw this.#unreadable(error);
    });
    return files.flatMap((file) => {
      const { name, version } = fileForm.exec(file)?.groups ?? {};
      return name && version ? [{ name, version: Number(version) }] : [];
    });
  }

  #file = (name: string, version: number): string => path.join(this.place, `${name}.${version}.json`);

  #unreadable = ({ code, message }: NodeJS.ErrnoException) =>
    new CannotTell(
      `${this.place} cannot be used (${code ?? message}); let this user write there, or name another folder in STOCKOPS_FOLDER`,
    );
}
