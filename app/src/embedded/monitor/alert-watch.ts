import { type AlertText, readAlertText } from './alert-text';
import { type Expression, type Moment, readExpression } from './expression';
import type { Labels } from './samples';
import { keyOf } from './vector';

/** An alert as Prometheus is given it. */
export interface AlertRule {
  readonly name: string;
  readonly expression: string;
  readonly forSeconds: number;
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  /** Where the repository says what is to be done. */
  readonly runbook: string;
}

export type AlertState = 'inactive' | 'pending' | 'firing';

/** What an alert tells of one series. */
export interface AlertCase {
  readonly labels: Labels;
  readonly state: AlertState;
  /** When that state began, in seconds since 1970. */
  readonly since: number;
  readonly description: string;
}

interface Active {
  readonly labels: Labels;
  readonly since: number;
  /** When it began to fire; undefined while it is pending. */
  readonly firingSince: number | undefined;
  readonly value: number;
}

/** Watches one alert: what its expression gives is pending, and firing once it has been there for long enough. */
export class AlertWatch {
  readonly rule: AlertRule;
  readonly expression: Expression;
  readonly #describe: AlertText;
  #active = new Map<string, Active>();

  constructor(rule: AlertRule) {
    this.rule = rule;
    this.expression = readExpression(rule.expression);
    this.#describe = readAlertText(rule.description);
  }

  look(moment: Moment): void {
    const { seconds } = moment;
    const active = this.expression.at(moment).map(({ labels, value }): [string, Active] => {
      const key = keyOf(labels);
      const { since = seconds, firingSince } = this.#active.get(key) ?? {};
      const fires = seconds - since >= this.rule.forSeconds;
      return [key, { labels, since, firingSince: firingSince ?? (fires ? seconds : undefined), value }];
    });
    this.#active = new Map(active);
  }

  /** What is pending or firing, the longest first. */
  get cases(): AlertCase[] {
    return [...this.#active.values()]
      .sort((one, other) => one.since - other.since)
      .map(({ labels, since, firingSince, value }) => ({
        labels,
        state: firingSince === undefined ? 'pending' : 'firing',
        since: firingSince ?? since,
        description: this.#describe(value, labels),
      }));
  }
}
