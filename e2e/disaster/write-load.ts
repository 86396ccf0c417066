import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedJob, Client } from './client';

const pauseMilliseconds = 250;

/** Hands in four jobs a second, each of which writes rows, until it is stopped. */
export class WriteLoad {
  readonly accepted: AcceptedJob[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(client: Client) {
    this.#ended = this.#run(client);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(client: Client): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // What is refused or not answered was promised to nobody.
      const job = await client.submit().catch(() => undefined);
      if (job) this.accepted.push(job);
      // A run that has failed does not wait for it.
      await sleep(pauseMilliseconds, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }
}
