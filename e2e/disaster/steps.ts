import { markdownTable } from '../markdown-table';

interface Done {
  readonly title: string;
  readonly seconds: number;
  readonly found: string;
}

/** What a run did, how long each of it took, and what it found. */
export class Steps {
  readonly #done: Done[] = [];

  /** @param work may give what it found, in words */
  async take(title: string, work: () => unknown): Promise<void> {
    const began = performance.now();
    process.stderr.write(`${title} ...\n`);
    const result = await work();
    const found = typeof result === 'string' ? result : '';
    const seconds = (performance.now() - began) / 1000;
    this.#done.push({ title, seconds, found });
    process.stderr.write(`${title} ... ${seconds.toFixed(1)} s  ${found}\n`);
  }

  table(): string {
    const rows = this.#done.map(({ title, seconds, found }) => [title, seconds.toFixed(1), found]);
    return markdownTable(['step', 'seconds', 'found'], rows);
  }
}
