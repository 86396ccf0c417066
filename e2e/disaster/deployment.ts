import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DeployedStack } from '../terraform';
import { until } from '../until';
import { type AcceptedJob, Client } from './client';
import { Operator } from './operator';
import type { Target } from './target';

const marketFile = join(__dirname, '../../../shared/data/daily-market-2023.csv.gz');
const answerSeconds = 180;
const jobSeconds = 300;

/** The system as it is deployed for the run, with the one client that uses it and whoever operates it. */
export class Deployment {
  readonly operator: Operator;
  #client: Client | undefined;

  constructor(
    readonly target: Target,
    readonly stacks: readonly DeployedStack[],
  ) {
    this.operator = new Operator(target);
  }

  /** @param kind the last word of its name */
  stack(kind: string): DeployedStack {
    const found = this.stacks.find(({ name }) => name.endsWith(`-${kind}`));
    assert.ok(found, `there is a stack ${kind}`);
    return found;
  }

  /** Makes an API key, the only one of the run. */
  async openGateway(): Promise<void> {
    await this.target.openGateway();
    const words = ['apikey', 'create', '--name', 'disaster', '--scopes', 'read,write'];
    this.#client = new Client(this.target.gateway, (await this.#stock('api', words)).trim());
    await this.answers();
  }

  /** Opens the gateway of what was brought back, for the client that was there before. */
  async reopenGateway(): Promise<void> {
    await this.target.openGateway();
    this.#client = new Client(this.target.gateway, this.client.apiKey);
  }

  get client(): Client {
    assert.ok(this.#client, 'the gateway is open');
    return this.#client;
  }

  async answers(): Promise<void> {
    let status: number | undefined;
    const isGood = await until(answerSeconds, async () => {
      status = (await this.client.get('stocks?limit=1')).status;
      return status === 200;
    });
    assert.ok(isGood, `the gateway answers ${status} after ${answerSeconds} s`);
  }

  async submitted(): Promise<AcceptedJob> {
    const job = await this.client.submit();
    assert.ok(job, 'a job is accepted');
    return job;
  }

  async ends({ id }: Pick<AcceptedJob, 'id'>): Promise<void> {
    let state: string | undefined;
    const hasEnded = await until(jobSeconds, async () => {
      state = await this.client.stateOf(id);
      return state === 'completed';
    });
    assert.ok(hasEnded, `job ${id} is ${state} after ${jobSeconds} s`);
  }

  /** @returns what was loaded, in words */
  async loadRows(): Promise<string> {
    if (!existsSync(marketFile)) {
      const days = ['--start', '2018-01-02', '--end', '2023-12-29'];
      const id = (await this.#stock('worker', ['jobs', 'submit', 'ingest', '--source', 'sample', ...days])).trim();
      await this.ends({ id });
      return 'of the sample, 2018 to 2023';
    }
    const tolerated = ['--accept-unmatched-amounts', '--accept-closed-days'];
    const words = ['import', '-', '--rejects', '/tmp/rejects.csv', ...tolerated];
    return (await this.#stock('worker', words, marketFile)).split('\n')[0] as string;
  }

  /** The application's command line, as a component may use it. */
  #stock(component: string, words: readonly string[], inputFile?: string): Promise<string> {
    return this.target.inside(component, ['node', '/app/dist/stock.js', ...words], inputFile);
  }
}
