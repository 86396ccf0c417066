import { Refusal } from '../failures';
import type { Page } from '../walk/page';
import type { Shelf } from './shelf';

/** A page on a shelf, which whoever has the lock writes alone. */
export class ShelfPage implements Page {
  constructor(
    readonly shelf: Shelf,
    readonly name: string,
  ) {}

  get place(): string {
    return `${this.name} in ${this.shelf.place}`;
  }

  async read(): Promise<string | undefined> {
    return (await this.shelf.read(this.name))?.text;
  }

  async write(text: string): Promise<void> {
    const found = await this.shelf.read(this.name);
    if (await this.shelf.write(this.name, text, found?.version)) return;
    throw new Refusal(`somebody else wrote ${this.place} at the same moment; see who: stockops history`);
  }
}
