import { setTimeout as sleep } from 'node:timers/promises';
import { sampleSource } from '../../app/src/sources/sample';
import { until } from '../until';
import type { HealthSample, History, Outcome } from './history';
import { roleNames, type System } from './system';

const submitMilliseconds = 300;
const readMilliseconds = 300;
const healthMilliseconds = 500;
const answerMilliseconds = 12_000;
const healthAnswerMilliseconds = 3_000;
const firstDay = '2024-01-02';

/** A job that loads one day of one stock, so that what it must leave behind is known. */
interface Order {
  symbol: string;
  day: string;
}

interface SampleDay {
  symbol: string;
  day: string;
}

/** Every day of every stock of the sample on which it traded, from the first day on. */
async function tradedDays(): Promise<SampleDay[]> {
  const part = { symbols: null, start: firstDay, end: '2024-12-31' };
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
  #accepted = new Map<string, Order>();
  #answers: History['answers'][number][] = [];
  #health: HealthSample[] = [];
  #isRunning = false;
  #working: Promise<unknown> = Promise.resolve();

  private constructor(system: System, orders: Order[]) {
    this.#system = system;
    this.#orders = orders;
  }

  static async prepare(system: System): Promise<Load> {
    const load = new Load(system, await tradedDays());
    for (const dataset of ['trade_cal', 'stock_basic']) {
      const days = dataset === 'trade_cal' ? { start: '2024-01-01', end: '2024-12-31' } : {};
      const id = await load.#submit({ type: 'ingest', dataset, source: 'sample', ...days });
      if (!id || !(await load.untilFinished(id, 60))) throw new Error(`the sample's ${dataset} could not be loaded`);
    }
    return load;
  }

  /** Milliseconds since the beginning. */
  now(): number {
    return Math.round(performance.now() - this.#began);
  }

  /** Forgets what was seen and begins. */
  start(): void {
    [this.#accepted, this.#answers, this.#health] = [new Map(), [], []];
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

  async #ask(what: History['answers'][number]['what'], path: string, body?: object): Promise<unknown> {
    const at = this.now();
    const note = (outcome: Outcome) => this.#answers.push({ at, what, outcome });
    try {
      const answer = await fetch(`${this.#system.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { 'x-api-key': this.#system.apiKey, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(answerMilliseconds),
      });
      const content = await answer.json();
      note(answer.status);
      return answer.ok ? content : undefined;
    } catch (error) {
      note(outcomeOf(error as Error));
      return undefined;
    }
  }

  async #submit(request: object): Promise<string | undefined> {
    const answer = (await this.#ask('submit', '/api/v1/jobs', request)) as { data: { job_id: string } } | undefined;
    return answer?.data.job_id;
  }

  async #order(): Promise<void> {
    const order = this.#orders.shift();
    if (!order) throw new Error('the sample has no more days to order');
    const days = { start: order.day, end: order.day };
    const id = await this.#submit({ type: 'ingest', source: 'sample', symbols: [order.symbol], ...days });
    if (id) this.#accepted.set(id, order);
  }

  async #read(): Promise<void> {
    // No two questions are the same, so that each is asked of PostgreSQL.
    await this.#ask('read', `/api/v1/stocks?limit=${1 + (this.now() % 100)}`);
  }

  async #readCached(): Promise<void> {
    await this.#ask('cached', '/api/v1/market/daily?trade_date=2023-01-04&limit=5');
  }

  /** What each role says about itself now, noted too. */
  askHealth(): Promise<HealthSample[]> {
    return Promise.all(
      roleNames.map(async (role) => {
        const sample = await this.#healthOf(role);
        this.#health.push(sample);
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
    const order = this.#orders.shift() as Order;
    const days = { start: order.day, end: order.day };
    const id = await this.#submit({ type: 'ingest', source: 'sample', symbols: [order.symbol], ...days });
    if (!id) return false;
    this.#accepted.set(id, order);
    return this.untilFinished(id, seconds);
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
        [[...this.#accepted.keys()]],
      );
      return left?.jobs === 0;
    });
  }

  /** What was seen since start(), with what PostgreSQL holds of it now. */
  async history(times: Pick<History, 'faultBegan' | 'faultEnded' | 'recovered'>): Promise<History> {
    const accepted = [...this.#accepted.keys()];
    const orders = [...this.#accepted.values()];
    const records = await this.#system.sql<{ id: string; state: string }>(
      'SELECT id, state FROM job WHERE id = ANY($1)',
      [accepted],
    );
    const letters = await this.#system.sql<{ job_id: string }>(
      'SELECT job_id FROM dead_letter WHERE job_id = ANY($1)',
      [accepted],
    );
    const rows = await this.#system.sql<{ row: string }>(
      `SELECT symbol || ' ' || trade_date AS row FROM stock_data WHERE (symbol, trade_date) IN
         (SELECT * FROM unnest($1::text[], $2::date[]))`,
      [orders.map(({ symbol }) => symbol), orders.map(({ day }) => day)],
    );
    return {
      accepted,
      records,
      deadLetters: letters.map(({ job_id }) => job_id),
      expectedRows: orders.map(({ symbol, day }) => `${symbol} ${day}`),
      storedRows: rows.map(({ row }) => row),
      answers: this.#answers,
      health: this.#health,
      ...times,
    };
  }
}
