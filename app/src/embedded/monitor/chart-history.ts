import { chartedExpressions } from './charts';
import { type Expression, type Moment, readExpression } from './expression';

/** A line of a chart: its value at each of the moments, null where there was none. */
export interface Line {
  readonly chart: string;
  readonly line: string;
  readonly values: (number | null)[];
}

/** The last moments and what the lines were at them. */
export class ChartHistory {
  readonly expressions: readonly Expression[] = chartedExpressions.map(({ expression }) => readExpression(expression));
  readonly #most: number;
  #points: { seconds: number; values: ReadonlyMap<string, number> }[] = [];

  /** @param most how many moments are kept */
  constructor(most: number) {
    this.#most = most;
  }

  look(moment: Moment): void {
    const values = chartedExpressions.flatMap(({ chart, line, by }, index) =>
      (this.expressions[index] as Expression)
        .at(moment)
        .map(({ labels, value }): [string, number] => [`${chart} ${by ? labels[by] : line}`, value]),
    );
    this.#points = [...this.#points, { seconds: moment.seconds, values: new Map(values) }].slice(-this.#most);
  }

  /** In whole seconds since 1970. */
  get seconds(): number[] {
    return this.#points.map(({ seconds }) => Math.round(seconds));
  }

  get lines(): Line[] {
    const names = new Set(this.#points.flatMap(({ values }) => [...values.keys()]));
    return [...names].map((name) => {
      const [, chart = '', line = ''] = /^(\S+) (.*)$/s.exec(name) ?? [];
      return { chart, line, values: this.#points.map(({ values }) => shown(values.get(name))) };
    });
  }
}

/** Enough of a number for a drawing; JSON has no NaN. */
const shown = (value = Number.NaN) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
