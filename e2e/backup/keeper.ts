import { mkdirSync } from 'node:fs';
import { freePort } from '../../bench/ports';
import { until } from '../until';
import type { Setting } from './case';
import { killWithAllBelow } from './kill-all';
import type { Account } from './postgres';
import { Run } from './stockops';

/** On a busy machine a base backup alone takes minutes. */
const seconds = 600;

/** What runs as the workload `backup` does: `stockops backup serve`, which receives the log as well. */
export class Keeper {
  readonly #run: Run;
  readonly #port: number;

  private constructor(run: Run, port: number) {
    this.#run = run;
    this.#port = port;
  }

  static async start({ variables }: Setting, account?: Account): Promise<Keeper> {
    mkdirSync(variables.BACKUP_WORK as string, { recursive: true });
    const port = await freePort();
    const given = { ...variables, METRICS_PORT: String(port), HTTP_HOST: '127.0.0.1' };
    return new Keeper(new Run(['backup', 'serve'], given, account), port);
  }

  get processId(): number {
    return this.#run.processId;
  }

  /** Returns once it has ended, however that comes. */
  async ended(): Promise<void> {
    await this.#run.ended;
  }

  /** The value of a metric, undefined where it has none. */
  async metric(name: string): Promise<number | undefined> {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  /** Waits until a metric is as it has to be. @throws Error with what the keeper said when it is not in time */
  async waitFor(name: string, isSo: (value: number) => boolean): Promise<void> {
    const wasSo = await until(seconds, async () => isSo((await this.metric(name)) ?? Number.NaN));
    if (!wasSo) throw new Error(`${name} is not as it should be after ${seconds} s: ${this.#run.stdout.slice(-3000)}`);
  }

  /** Ends it and all that it runs at once, as an engine kills a container. */
  async killAll(): Promise<void> {
    killWithAllBelow([this.#run.processId]);
    await this.#run.ended;
  }

  async stop(): Promise<void> {
    this.#run.kill('SIGTERM');
    await this.#run.ended;
  }
}
