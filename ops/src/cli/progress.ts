import { cut } from '../../../app/src/cli/table';
import { canRedraw, columnsOf } from './screen';

const tickMilliseconds = 500;

/** Tells a person on standard error what is being done, and how long it took. */
export class Progress {
  readonly #isTerminal = canRedraw(process.stderr);
  /** Where a line begins that is shown instead of the last unfinished one. */
  readonly #begin = this.#isTerminal ? '\r\x1b[2K' : '';

  /** @param isShown false keeps quiet */
  constructor(readonly isShown: boolean) {}

  /** Does one step. @param work may tell how far it is, which a terminal shows */
  async step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    const started = performance.now();
    const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
    let detail = '';
    const line = (end: string) => `  ${text}${detail && ` ${detail}`} (${seconds()})${end}`;
    // Of a line that wraps, only the last row could be written over.
    const redraw = () => this.#write(`${this.#begin}${cut(line(''), columnsOf(process.stderr) - 1)}`);
    const timer = this.#isTerminal ? setInterval(redraw, tickMilliseconds) : undefined;
    try {
      if (!this.#isTerminal) this.#write(`  ${text}\n`);
      const result = await work((told) => {
        detail = told;
      });
      if (this.#isTerminal) this.#write(`${this.#begin}${line('\n')}`);
      return result;
    } catch (error) {
      if (this.#isTerminal) this.#write(`${this.#begin}${line(' failed\n')}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** A line about what happened by the way. */
  note(text: string): void {
    this.#write(`${this.#begin}  ${text}\n`);
  }

  #write(text: string): void {
    if (this.isShown) process.stderr.write(text);
  }
}
