import { setTimeout as sleep } from 'node:timers/promises';
import { sampleSource } from '../../app/src/sources/sample';
import { until } from '../until';
import type { Asked, HealthSample, Outcome } from './history';
import { endOf, type Operation, Recorder } from './operations';
import { shuffled } from './shuffled';
import { roleNames, type System } from './system';

const submitMilliseconds = 300;
const readMilliseconds = 300;
/** A busy machine takes its time. */
const preparationSeconds = 180;
const healthMilliseconds = 500;
const answerMilliseconds = 12_000;
const healthAnswerMilliseconds = 3_000;
const firstDay = '2023-01-05';
const lastDay = '2024-12-31';
const calendar = { start: '2023-01-01', end: lastDay };

/** A job that loads one day of one stock, so that what it must leave behind is known. */
interface Order {
  symbol: string;
  day: string;
}

const keyOf = ({ symbol, day }: Order) => `${symbol} ${day}`;

/** Every day of every stock of the sample on which it traded, from the first day to the last. */
async function tradedDays(): Promise<Order[]> {
  const part = { symbols: null, start: firstDay, end: lastDay };
  const { rows } = await sampleSource.fetchers.daily.fetch(part, (request) => request(new AbortController().signal));
  return rows.map(({ symbol, tradeDate }) => ({ symbol, day: tradeDate }));
}

function outcomeOf({ name, cause }: Error): Outcome {
  if (name === 'TimeoutError') return 'timeout';
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED' ? 'refused' : 'cut';
}

/** Clients that use the application as people do, and note what they see. */
export class Load {
  readonly #system: System;
  readonly #orders: Order[];
  readonly #began = performance.now();
  #recorder = this.#newRecorder();
  /** What was asked for before the history that is recorded now. */
  readonly #askedBefore = new Set<string>();
  #copies = 1;
  #isRunning = false;
  #working: Promise<unknown> = Promise.resolve();

  private constructor(system: System, orders: Order[]) {
    this.#system = system;
    this.#orders = orders;
  }

  /** @param seed decides the order in which days are asked for */
  static async prepare(system: System, seed: number): Promise<Load> {
    const load = new Load(system, shuffled(await tradedDays(), seed));
    for (const dataset of ['trade_cal', 'stock_basic']) {
      const days = dataset === 'trade_cal' ? calendar : {};
      const isLoaded = await until(preparationSeconds, async () => {
        const id = await load.#submit(dataset, { type: 'ingest', dataset, source: 'sample', ...days });
        return id !== undefined && (await load.untilFinished(id, preparationSeconds));
      });
      if (!isLoaded) throw new Error(`the sample's ${dataset} could not be loaded`);
    }
    return load;
  }

  /** Milliseconds since the beginning. */
  now(): number {
    return Math.round(performance.now() - this.#began);
  }

  #newRecorder(): Recorder {
    return new Recorder(() => this.now());
  }

  /** How often each job is handed in, all at once. */
  setCopies(copies: number): void {
    this.#copies = copies;
  }

  /** Forgets what was seen and begins. */
  start(): void {
    for (const { op, key } of this.#recorder.operations) if (op === 'submit') this.#askedBefore.add(key);
    this.#recorder = this.#newRecorder();
    this.#isRunning = true;
    this.#working = Promise.all([
      this.#every(submitMilliseconds, () => this.#order()),
      this.#every(readMilliseconds, () => this.#read()),
      this.#every(readMilliseconds, () => this.#readCached()),
      this.#every(healthMilliseconds, async () => void (await this.askHealth())),
    ]);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#working;
  }

  /** Begins something at each interval, whether or not what began before has ended. */
  async #every(milliseconds: number, work: () => Promise<void>): Promise<void> {
    const begun: Promise<void>[] = [];
    while (this.#isRunning) {
      begun.push(work());
      await sleep(milliseconds);
    }
    await Promise.all(begun);
  }

  /** @param key what the question is recorded under */
  async #ask<T>(what: Asked, key: string, path: string, body?: object): Promise<T | undefined> {
    const recorder = this.#recorder;
    const at = this.now();
    recorder.note({ op: what, key, type: 'invoke' }, at);
    const note = (outcome: Outcome, job?: string) =>
      recorder.note({ op: what, key, type: endOf(outcome), outcome, took: this.now() - at, job });
    try {
      const answer = await fetch(`${this.#system.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { 'x-api-key': this.#system.apiKey, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(answerMilliseconds),
      });
      const { data } = (await answer.json()) as { data?: T & { job_id?: string } };
      note(answer.status, data?.job_id);
      return answer.ok ? data : undefined;
    } catch (error) {
      note(outcomeOf(error as Error));
      return undefined;
    }
  }

  async #submit(key: string, request: object): Promise<string | undefined> {
    return (await this.#ask<{ job_id: string }>('submit', key, '/api/v1/jobs', request))?.job_id;
  }

  #nextOrder(): Order {
    const order = this.#orders.shift();
    if (!order) throw new Error('the sample has no more days to order');
    return order;
  }

  /** @returns the job's id, where it was accepted */
  #submitOrder(order: Order): Promise<string | undefined> {
    const days = { start: order.day, end: order.day };
    return this.#submit(keyOf(order), { type: 'ingest', source: 'sample', symbols: [order.symbol], ...days });
  }

  async #order(): Promise<void> {
    const order = this.#nextOrder();
    await Promise.all(Array.from({ length: this.#copies }, () => this.#submitOrder(order)));
  }

  async #read(): Promise<void> {
    // No two questions are the same, so that each is asked of PostgreSQL.
    const path = `/api/v1/stocks?limit=${1 + (this.now() % 100)}`;
    await this.#ask('read', path, path);
  }

  async #readCached(): Promise<void> {
    const path = '/api/v1/market/daily?trade_date=2023-01-04&limit=5';
    await this.#ask('cached', path, path);
  }

  /** As many clients more, each of which asks again as soon as it is answered, until the time is up. */
  async herd(clients: number, seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1000;
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let asked = 0; performance.now() < until; asked++) {
          const path = `/api/v1/stocks?limit=${1 + ((client + asked * clients) % 100)}`;
          await this.#ask('read', path, path);
        }
      }),
    );
  }

  /** What each role says about itself now, noted too. */
  askHealth(): Promise<HealthSample[]> {
    return Promise.all(
      roleNames.map(async (role) => {
        const sample = await this.#healthOf(role);
        const { at, status, failed } = sample;
        const type = status === 'no answer' ? 'info' : 'ok';
        this.#recorder.note({ op: 'health', key: role, type, status, failed }, at);
        return sample;
      }),
    );
  }

  async #healthOf(role: (typeof roleNames)[number]): Promise<HealthSample> {
    const at = this.now();
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#system.ports[role]}/health`, {
        signal: AbortSignal.timeout(healthAnswerMilliseconds),
      });
      const { status, checks } = (await answer.json()) as {
        status: HealthSample['status'];
        checks: Record<string, { status: string }>;
      };
      const failed = Object.keys(checks).filter((name) => checks[name]?.status === 'failed');
      return { at, role, status, failed };
    } catch {
      return { at, role, status: 'no answer', failed: [] };
    }
  }

  /** Whether a job given now is done within the time. */
  async probe(seconds: number): Promise<boolean> {
    const id = await this.#submitOrder(this.#nextOrder());
    return id !== undefined && this.untilFinished(id, seconds);
  }

  /** Jobs that were accepted since start(). */
  accepted(): string[] {
    return this.#recorder.operations.flatMap((each) =>
      each.op === 'submit' && each.type === 'ok' && each.job ? [each.job] : [],
    );
  }

  /** Notes a moment of the fault. */
  note(key: 'began' | 'ended' | 'recovered'): void {
    this.#recorder.note({ op: 'fault', key, type: 'info' });
  }

  async untilFinished(id: string, seconds: number): Promise<boolean> {
    return until(seconds, async () => {
      const [job] = await this.#system.sql<{ state: string }>('SELECT state FROM job WHERE id = $1', [id]);
      return job?.state === 'completed';
    });
  }

  /** Waits until every accepted job has ended, or the time is up. */
  async untilAllEnded(seconds: number): Promise<boolean> {
    return until(seconds, async () => {
      const [left] = await this.#system.sql<{ jobs: number }>(
        'SELECT count(*)::int AS jobs FROM job WHERE id = ANY($1) AND finished_at IS NULL',
        [this.accepted()],
      );
      return left?.jobs === 0;
    });
  }

  /** What was seen since start(), with what PostgreSQL holds of it now. */
  async history(): Promise<readonly Operation[]> {
    const accepted = this.accepted();
    const records = await this.#system.sql<{ id: string; state: string; attempts: number }>(
      'SELECT id, state, attempts FROM job WHERE id = ANY($1)',
      [accepted],
    );
    const letters = await this.#system.sql<{ job_id: string }>(
      'SELECT job_id FROM dead_letter WHERE job_id = ANY($1)',
      [accepted],
    );
    const rows = await this.#system.sql<{ row: string }>(
      `SELECT symbol || ' ' || trade_date AS row FROM stock_data WHERE trade_date BETWEEN $1 AND $2`,
      [firstDay, lastDay],
    );
    for (const { id, state, attempts } of records) {
      this.#recorder.note({ op: 'job', key: id, type: 'ok', state, attempts });
    }
    for (const { job_id: key } of letters) this.#recorder.note({ op: 'dead letter', key, type: 'ok' });
    for (const { row: key } of rows) {
      if (!this.#askedBefore.has(key)) this.#recorder.note({ op: 'row', key, type: 'ok' });
    }
    return this.#recorder.operations;
  }
}
