/** The terminal and npm both hand one Ctrl-C on: what comes later than this was pressed again. */
const sameMilliseconds = 1_000;

/** How a command is stopped: at first what is half-done is taken away; told again, it ends at once, as where a server does not answer. */
export class Stopping {
  readonly #controller = new AbortController();
  #begunAt = 0;

  /**
   * @param leave ends the process
   * @param clock milliseconds
   */
  constructor(
    private readonly leave: (message: string) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param why is thrown by what is stopped; the first stays */
  stop(why: Error): void {
    if (this.signal.aborted) return;
    this.#begunAt = this.clock();
    this.#controller.abort(why);
  }

  take(signal: NodeJS.Signals): void {
    if (!this.signal.aborted) this.stop(new Error(`stopped by ${signal}`));
    else if (this.clock() - this.#begunAt > sameMilliseconds)
      this.leave(`ended at once by ${signal}; the next command of its kind takes away what is half-done`);
  }
}
