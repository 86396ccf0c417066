const tickMilliseconds = 500;

/** Tells a person on standard error what is being done, and how long it took. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;

  /** @param isShown false keeps quiet */
  constructor(readonly isShown: boolean) {}

  /** Does one step. @param work may tell how far it is, which a terminal shows */
  async step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    const started = performance.now();
    const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
    let detail = '';
    const line = (end: string) => `  ${text}${detail && ` ${detail}`} (${seconds()})${end}`;
    const redraw = () => this.#write(`\r\x1b[2K${line('')}`);
    const timer = this.#isTerminal ? setInterval(redraw, tickMilliseconds) : undefined;
    try {
      if (!this.#isTerminal) this.#write(`  ${text}\n`);
      const result = await work((told) => {
        detail = told;
      });
      if (this.#isTerminal) this.#write(`\r\x1b[2K${line('\n')}`);
      return result;
    } catch (error) {
      if (this.#isTerminal) this.#write(`\r\x1b[2K${line(' failed\n')}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** A line about what happened by the way. */
  note(text: string): void {
    this.#write(`  ${text}\n`);
  }

  #write(text: string): void {
    if (this.isShown) process.stderr.write(text);
  }
}
