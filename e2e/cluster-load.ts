import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute } from './disaster/execute';

/** What became of the requests and jobs of a load. */
export interface Outcome {
  readonly total: number;
  readonly failed: number;
  /** From the first request that failed to the last. */
  readonly spanSeconds: number;
  readonly answers: Readonly<Record<string, number>>;
  /** Jobs that were accepted, and those of them that were not completed a minute after the end. */
  readonly jobs: { readonly accepted: number; readonly lost: number };
}

export const loadNamespace = 'stock-analysis-load';

/** The application's command line, where the API runs. */
type Stock = (...words: string[]) => Promise<string> | string;

/** The rows that the load asks for. */
export async function loadRows(stock: Stock): Promise<void> {
  const days = ['--symbols', '604981.SH', '--start', '2024-01-01', '--end', '2024-03-31'];
  const id = await stock('jobs', 'submit', 'ingest', '--source', 'sample', ...days);
  for (let waited = 0; JSON.parse(await stock('jobs', 'show', id)).state !== 'completed'; waited += 1) {
    assert.ok(waited < 60, `job ${id} is not completed after a minute`);
    await sleep(1000);
  }
}

/** 30 requests a second, one in ten a job, from a pod outside the namespace of the environment. */
export class ClusterLoad {
  constructor(
    readonly kubeconfig: string,
    readonly url: string,
    readonly apiKey: string,
    /** One of the application, for its Node. */
    readonly image: string,
  ) {}

  begin(): Promise<string> {
    return this.#kubectl('create', 'namespace', loadNamespace);
  }

  end(): Promise<string> {
    return this.#kubectl('delete', 'namespace', loadNamespace, '--ignore-not-found');
  }

  /** @param seconds at most */
  async start(seconds: number): Promise<void> {
    const variables = Object.entries({ URL: this.url, API_KEY: this.apiKey, SECONDS: `${seconds}` });
    const client = readFileSync(join(__dirname, 'load-client.js'), 'utf8');
    await this.#inNamespace(
      ...['run', 'load', '--image', this.image, '--image-pull-policy=IfNotPresent', '--restart=Never'],
      ...variables.map(([name, value]) => `--env=${name}=${value}`),
      ...['--command', '--', 'node', '-e', client],
    );
    await this.#inNamespace('wait', 'pod/load', '--for=condition=Ready', '--timeout=60s');
  }

  /** Sends no more. */
  async stop(): Promise<void> {
    await this.#inNamespace('exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")');
  }

  /** Waits for its end, which is so many seconds away at most. */
  async outcome(seconds = 0): Promise<Outcome> {
    try {
      const isDone = '--for=jsonpath={.status.phase}=Succeeded';
      await this.#inNamespace('wait', 'pod/load', isDone, `--timeout=${seconds + 120}s`);
      return JSON.parse(await this.#inNamespace('logs', 'load')) as Outcome;
    } finally {
      await this.#inNamespace('delete', 'pod', 'load', '--force', '--grace-period=0');
    }
  }

  #inNamespace = (...words: string[]): Promise<string> => this.#kubectl('-n', loadNamespace, ...words);

  #kubectl = (...words: string[]): Promise<string> => execute('kubectl', ['--kubeconfig', this.kubeconfig, ...words]);
}
