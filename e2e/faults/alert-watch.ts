import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../bench/child';
import { Watchers } from '../alerts/watchers';
import { until } from '../until';
import type { System } from './system';

/** Production's alerts wait for minutes; here they are told within seconds, so that a run has an end. */
export const pace = { scrapeSeconds: 3, longestForSeconds: 6, longestRangeSeconds: 30 } as const;
const lookMilliseconds = 1_000;
const upSeconds = 120;
/** What production is told of a system that has only begun, such as of data that was never loaded, is told by then. */
const settledSeconds = 30;
/** In which alerts of the fault before are over. */
const quietSeconds = 75;

/** An alert that was told, and after how many seconds. */
export interface Told {
  alert: string;
  afterSeconds: number;
}

/** Production's alerts beside the system: which of them a fault brought. */
export class AlertWatch {
  readonly #watchers: Watchers;
  readonly #system: System;
  #told: Told[] = [];
  #before = new Set<string>();

  private constructor(watchers: Watchers, system: System) {
    this.#watchers = watchers;
    this.#system = system;
  }

  /** @param programs folder of Prometheus, Alertmanager and the exporters */
  static async start(system: System, programs: string, cleanup: Cleanup): Promise<AlertWatch> {
    const watchers = await Watchers.start(system, {}, programs, pace, cleanup);
    const areUp = await until(upSeconds, async () => {
      const found = await watchers.targets();
      return found.length > 0 && found.every(({ health }) => health === 'up');
    });
    if (!areUp) throw new Error('Prometheus does not reach everything that it watches');
    await sleep(settledSeconds * 1000);
    return new AlertWatch(watchers, system);
  }

  /**
   * From now on what is told is of the next fault.
   *
   * @param expected these must not be told of already
   * @returns those that are all the same, after waiting for their end
   */
  async begin(expected: readonly string[]): Promise<string[]> {
    await this.#watchers.follow(this.#system);
    const stillFiring = async () => (await this.#firing()).filter((alert) => expected.includes(alert));
    await until(quietSeconds, async () => (await stillFiring()).length === 0, lookMilliseconds);
    this.#before = new Set(await this.#firing());
    this.#told = [];
    return stillFiring();
  }

  /** Looks until it is told to stop. @returns what stops it, and gives what was told */
  watch(): () => Promise<readonly Told[]> {
    const began = performance.now();
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        await this.#look(began).catch(() => undefined);
        await sleep(lookMilliseconds);
      }
    })();
    return async () => {
      isOver = true;
      await looking;
      return this.#told;
    };
  }

  async #look(began: number): Promise<void> {
    for (const alert of await this.#firing()) {
      if (this.#before.has(alert) || this.isTold([alert])) continue;
      this.#told.push({ alert, afterSeconds: Math.round((performance.now() - began) / 1000) });
    }
  }

  /** Whether all of them were told since the fault began. */
  isTold(alerts: readonly string[]): boolean {
    return alerts.every((alert) => this.#told.some((each) => each.alert === alert));
  }

  async #firing(): Promise<string[]> {
    return (await this.#watchers.firing()).map(({ name }) => name);
  }
}
