import type { Contents, CopyReader, Listed, Store } from './store';

/** Small files of a store that are looked at again and again: read when their listing says that they are others than before. */
export class RememberedTexts {
  readonly #known = new Map<string, { version: string; text: string | undefined }>();

  constructor(readonly store: Pick<Store, 'readText'>) {}

  async read({ name, version }: Listed): Promise<string | undefined> {
    const known = this.#known.get(name);
    if (known?.version === version) return known.text;
    const text = await this.store.readText(name);
    this.#known.set(name, { version, text });
    return text;
  }

  /** Forgets what is not listed any more. */
  keepOnly(listed: readonly Listed[]): void {
    const names = new Set(listed.map(({ name }) => name));
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
  }
}

/** Reads copies as a store does, each small file once for as long as it stays as it is; what was not listed is not there. */
export class RememberingReader implements CopyReader {
  readonly #texts: RememberedTexts;
  #notes: ReadonlyMap<string, Listed> = new Map();

  constructor(readonly store: CopyReader) {
    this.#texts = new RememberedTexts(store);
  }

  get place(): string {
    return this.store.place;
  }

  async contents(): Promise<Contents> {
    const contents = await this.store.contents();
    this.#notes = new Map(contents.notes.map((note) => [note.name, note]));
    this.#texts.keepOnly(contents.notes);
    return contents;
  }

  async readText(name: string): Promise<string | undefined> {
    const note = this.#notes.get(name);
    return note && this.#texts.read(note);
  }
}
