import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../disaster/execute';

/** What became of the requests and jobs of a load. */
export interface Outcome {
  readonly total: number;
  readonly failed: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly jobs: { readonly accepted: number; readonly lost: number };
}

const namespace = 'stock-analysis-load';

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
    return this.#kubectl('create', 'namespace', namespace);
  }

  end(): Promise<string> {
    return this.#kubectl('delete', 'namespace', namespace, '--ignore-not-found');
  }

  async start(seconds: number): Promise<void> {
    const variables = Object.entries({ URL: this.url, API_KEY: this.apiKey, SECONDS: `${seconds}` });
    const client = readFileSync(join(__dirname, '../load-client.js'), 'utf8');
    await this.#inNamespace(
      ...['run', 'load', '--image', this.image, '--image-pull-policy=IfNotPresent', '--restart=Never'],
      ...variables.map(([name, value]) => `--env=${name}=${value}`),
      ...['--command', '--', 'node', '-e', client],
    );
    await this.#inNamespace('wait', 'pod/load', '--for=condition=Ready', '--timeout=60s');
  }

  /** Waits for its end. */
  async outcome(seconds: number): Promise<Outcome> {
    try {
      const isDone = '--for=jsonpath={.status.phase}=Succeeded';
      await this.#inNamespace('wait', 'pod/load', isDone, `--timeout=${seconds + 120}s`);
      return JSON.parse(await this.#inNamespace('logs', 'load')) as Outcome;
    } finally {
      await this.#inNamespace('delete', 'pod', 'load', '--force', '--grace-period=0');
    }
  }

  #inNamespace = (...words: string[]): Promise<string> => this.#kubectl('-n', namespace, ...words);

  #kubectl = (...words: string[]): Promise<string> => execute('kubectl', ['--kubeconfig', this.kubeconfig, ...words]);
}
