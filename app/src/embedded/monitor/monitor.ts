import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Monitor, MonitorReport } from '../../api/monitor-report';
import { AlertWatch } from './alert-watch';
import { ChartHistory } from './chart-history';
import { type Expression, type Moment, readExpression } from './expression';
import { readRegistry } from './read-registry';
import rules from './rules.json';
import { type Sample, Samples } from './samples';
import type { Vector } from './vector';

const intervalSeconds = 5;
const chartedSeconds = 1_800;

/**
 * Watches the embedded product as Prometheus watches a deployed one: reads its metrics every few seconds and evaluates
 * the same rules on them. What is kept is bounded and gone when the process ends.
 */
export class EmbeddedMonitor implements Monitor {
  readonly #registries = new Map<string, Registry>();
  readonly #samples = new Samples();
  readonly #charts = new ChartHistory(chartedSeconds / intervalSeconds);
  readonly #alerts = rules.alerts.map((rule) => new AlertWatch(rule));
  readonly #recordings = rules.recordings.map(({ name, expression }) => ({ name, ...readExpression(expression) }));
  readonly #metrics: ReadonlySet<string>;
  #sampledAt: number | undefined;

  constructor() {
    const expressions: Expression[] = [
      ...this.#recordings,
      ...this.#alerts.map(({ expression }) => expression),
      ...this.#charts.expressions,
    ];
    this.#metrics = new Set(expressions.flatMap(({ metrics }) => metrics));
  }

  /** Reads the metrics of a role too from now on. */
  add(role: string, registry: Registry): void {
    this.#registries.set(role, registry);
  }

  /** Samples until the signal. */
  async run(logger: Logger, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.sample(Date.now() / 1000).catch((error) => logger.error({ err: error }, 'metrics not sampled'));
      await sleep(intervalSeconds * 1000, undefined, { signal: stopping }).catch(() => undefined);
    }
  }

  /** Reads every metric once and evaluates all rules. @param seconds the moment, since 1970 */
  async sample(seconds: number): Promise<void> {
    const read = await Promise.all(
      [...this.#registries].map(async ([instance, registry]) =>
        (await readRegistry(registry, this.#metrics)).map((sample) => ({
          ...sample,
          labels: { ...sample.labels, instance },
        })),
      ),
    );
    this.look(seconds, read.flat());
  }

  /** Evaluates all rules on what was read at a moment, which is later than those before. */
  look(seconds: number, read: readonly Sample[]): void {
    this.#samples.record(seconds, read);
    const recorded = new Map<string, Vector>();
    const moment: Moment = { seconds, samples: this.#samples, recorded };
    for (const { name, at } of this.#recordings) recorded.set(name, at(moment));
    for (const alert of this.#alerts) alert.look(moment);
    this.#charts.look(moment);
    this.#sampledAt = seconds;
  }

  report(): MonitorReport {
    return {
      sampled_at: this.#sampledAt === undefined ? null : momentOf(this.#sampledAt),
      interval_seconds: intervalSeconds,
      times: this.#charts.seconds,
      lines: this.#charts.lines,
      alerts: this.#alerts.map(({ rule: { name, severity, summary, forSeconds, runbook }, cases }) => ({
        name,
        severity,
        summary,
        for_seconds: forSeconds,
        runbook,
        state: cases.some(({ state }) => state === 'firing') ? 'firing' : cases.length > 0 ? 'pending' : 'inactive',
        cases: cases.map(({ state, since, description }) => ({ state, since: momentOf(since), description })),
      })),
      elsewhere: rules.elsewhere,
      left_out: this.#samples.leftOut,
    };
  }
}

const momentOf = (seconds: number) => new Date(seconds * 1000).toISOString();
