import { setTimeout as sleep } from 'node:timers/promises';

/** A job that was answered with 202: a promise. */
export interface AcceptedJob {
  readonly id: string;
  /** Before it was asked for. */
  readonly askedAt: Date;
  /** After it was answered. */
  readonly answeredAt: Date;
}

const symbols = ['604981.SH', '604982.SH', '604983.SH', '604984.SH', '604985.SH', '604986.SH', '604987.SH'];
const firstDay = Date.UTC(2024, 0, 1);
const tooOftenMilliseconds = 500;
const dayMilliseconds = 86_400_000;

/** Asks the gateway, as the one client there is. */
export class Client {
  #asked = 0;

  constructor(
    readonly gateway: string,
    readonly apiKey: string,
  ) {}

  /** Asks again where it asks too often. */
  async get(path: string): Promise<Response> {
    for (;;) {
      const response = await fetch(`${this.gateway}/api/v1/${path}`, { headers: { 'x-api-key': this.apiKey } });
      if (response.status !== 429) return response;
      await sleep(tooOftenMilliseconds);
    }
  }

  /** Hands in a job like no other: ten days of one stock. @returns undefined where it is not accepted */
  async submit(): Promise<AcceptedJob | undefined> {
    const number = this.#asked++;
    const start = firstDay + (Math.floor(number / symbols.length) % 400) * dayMilliseconds;
    const day = (moment: number) => new Date(moment).toISOString().slice(0, 10);
    const body = JSON.stringify({
      type: 'ingest',
      source: 'sample',
      symbols: [symbols[number % symbols.length]],
      start: day(start),
      end: day(start + 9 * dayMilliseconds),
    });
    const headers = { 'x-api-key': this.apiKey, 'content-type': 'application/json' };
    const askedAt = new Date();
    const response = await fetch(`${this.gateway}/api/v1/jobs`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data?: { job_id: string } };
    if (response.status !== 202 || !answer.data) return undefined;
    return { id: answer.data.job_id, askedAt, answeredAt: new Date() };
  }

  /** How a job stands, undefined where there is none. */
  async stateOf(id: string): Promise<string | undefined> {
    const response = await this.get(`jobs/${id}`);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`jobs/${id} is answered with ${response.status}`);
    return ((await response.json()) as { data: { state: string } }).data.state;
  }
}
