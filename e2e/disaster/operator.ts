import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, TableFacts } from '../../ops/src/backup/manifest';
import { until } from '../until';
import type { Target } from './target';

const killer = readFileSync(join(__dirname, 'kill-main.js'), 'utf8');
const askMetrics =
  "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/metrics').then((answer) => answer.text()).then((text) => process.stdout.write(text))";
const killSeconds = 240;
const metricSeconds = 180;

interface Created {
  readonly id: string;
  readonly manifest: Manifest;
}

interface Listed {
  readonly copies: readonly { readonly id: string; readonly state: string }[];
  readonly unfinished: readonly string[];
}

/** Whoever looks after the copies of an environment, in its container. */
export class Operator {
  constructor(readonly target: Target) {}

  /** Runs `stockops`, and gives what it printed. */
  stockops(...words: string[]): Promise<string> {
    return this.target.inside('backup', ['stockops', ...words]);
  }

  async create(): Promise<Created> {
    return JSON.parse(await this.stockops('backup', 'create', '--json'));
  }

  async list(): Promise<Listed> {
    return JSON.parse(await this.stockops('backup', 'list', '--json'));
  }

  /** Every copy there was is there, and reads as it was written. */
  async requireKept(ids: readonly string[]): Promise<void> {
    await this.stockops('backup', 'verify', '--json');
    const { copies } = await this.list();
    const missing = ids.filter((id) => !copies.some((copy) => copy.id === id && copy.state === 'verified'));
    assert.deepEqual(missing, [], 'copies are no longer there, or damaged');
  }

  /** The value of a sample of the workload's metrics, undefined where it has none. */
  async metric(sample: string): Promise<number | undefined> {
    const text = await this.target.inside('backup', ['node', '-e', askMetrics]);
    const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length));
  }

  /** Waits until a sample has such a value. @returns it */
  async metricThat(sample: string, isSo: (value: number) => boolean, seconds = metricSeconds): Promise<number> {
    let value: number | undefined;
    const wasSo = await until(
      seconds,
      async () => {
        value = await this.metric(sample);
        return value !== undefined && isSo(value);
      },
      2_000,
    );
    assert.ok(wasSo && value !== undefined, `${sample} is ${value} after ${seconds} s`);
    return value;
  }

  /** Kills the main process of a component with SIGKILL as soon as the workload runs a program. */
  async killWhile(program: string, component: string): Promise<void> {
    const ids = [await this.target.containerOf(component), await this.target.containerOf('backup')];
    const killed = await this.target.onMachine(killer, [...ids, program, `${killSeconds}`]);
    assert.equal(killed.trim(), '1', `one main process of ${component} is killed`);
  }
}

/** Rows and hash of each table, to be compared. */
export const factsOf = (tables: readonly TableFacts[]): Record<string, string> =>
  Object.fromEntries(tables.map(({ name, rows, hash }) => [name, `${rows} rows, ${hash}`]));
