import { parser } from '@prometheus-io/lezer-promql';
import { increase } from './increase';
import { quantile } from './quantile';
import type { Labels, Samples } from './samples';
import { both, either, groupBy, matched, once, type Vector } from './vector';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** A moment at which expressions are evaluated. */
export interface Moment {
  readonly seconds: number;
  readonly samples: Samples;
  /** Results of recording rules, by their name. */
  readonly recorded: ReadonlyMap<string, Vector>;
}

/** An expression of PromQL, ready to be evaluated. */
export interface Expression {
  /** The metrics it looks at. */
  readonly metrics: readonly string[];
  at(moment: Moment): Vector;
}

/** An expression that the operations view does not know. */
export class UnknownExpression extends Error {}

/** A part of an expression. */
interface VectorPart {
  readonly kind: 'vector';
  at(moment: Moment): Vector;
}
interface NumberPart {
  readonly kind: 'number';
  at(moment: Moment): number;
}
type Part = VectorPart | NumberPart;

const vectorPart = (at: VectorPart['at']): VectorPart => ({ kind: 'vector', at });
const numberPart = (at: NumberPart['at']): NumberPart => ({ kind: 'number', at });

const arithmetic = new Map<string, (left: number, right: number) => number>([
  ['+', (left, right) => left + right],
  ['-', (left, right) => left - right],
  ['*', (left, right) => left * right],
  ['/', (left, right) => left / right],
]);
const comparisons = new Map<string, (left: number, right: number) => boolean>([
  ['==', (left, right) => left === right],
  ['!=', (left, right) => left !== right],
  ['>', (left, right) => left > right],
  ['<', (left, right) => left < right],
  ['>=', (left, right) => left >= right],
  ['<=', (left, right) => left <= right],
]);
const setOperations = new Map([
  ['and', both],
  ['or', either],
]);
const aggregations = new Map<string, (values: readonly number[]) => number>([
  ['sum', (values) => values.reduce((sum, value) => sum + value, 0)],
  ['max', (values) => Math.max(...values)],
  ['min', (values) => Math.min(...values)],
]);
const matchers = new Map<string, (text: string) => (value: string) => boolean>([
  ['=', (text) => (value) => value === text],
  ['!=', (text) => (value) => value !== text],
  ['=~', (text) => wholly(new RegExp(`^(?:${text})$`))],
  ['!~', (text) => not(wholly(new RegExp(`^(?:${text})$`)))],
]);
const wholly = (pattern: RegExp) => (value: string) => pattern.test(value);
const not = (passes: (value: string) => boolean) => (value: string) => !passes(value);

const secondsByUnit = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
]);

/** Which series of a metric are meant. */
interface Selector {
  readonly name: string;
  /** The labels that are asked to be equal to a text. */
  readonly equal: Labels;
  passes(labels: Labels): boolean;
}

/**
 * Reads an expression; the grammar is Prometheus' own, and what is known of it is what the rules use.
 *
 * @throws UnknownExpression naming what is not known, and what is
 */
export function readExpression(text: string): Expression {
  const reader = new ExpressionReader(text);
  const { at } = reader.vectorOf(parser.parse(text).topNode);
  return { metrics: [...reader.metrics], at };
}

class ExpressionReader {
  readonly metrics = new Set<string>();
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  readonly #readers = new Map<string, (node: SyntaxNode) => Part>([
    ['PromQL', (node) => this.#read(this.#only(node))],
    ['ParenExpr', (node) => this.#read(this.#only(node))],
    ['NumberDurationLiteral', (node) => this.#readNumber(node)],
    ['VectorSelector', (node) => this.#readCurrent(node)],
    ['BinaryExpr', (node) => this.#readBinary(node)],
    ['AggregateExpr', (node) => this.#readAggregation(node)],
    ['FunctionCall', (node) => this.#readCall(node)],
  ]);

  readonly #functions = new Map<string, (body: SyntaxNode) => Part>([
    ['rate', (body) => this.#readIncrease(this.#only(body), true)],
    ['increase', (body) => this.#readIncrease(this.#only(body), false)],
    ['histogram_quantile', (body) => this.#readQuantile(body)],
    ['absent', (body) => this.#readAbsence(this.#only(body))],
    ['vector', (body) => this.#readVector(this.#only(body))],
    ['time', () => numberPart(({ seconds }) => seconds)],
  ]);

  #read(node: SyntaxNode): Part {
    return (this.#readers.get(node.name) ?? this.#unknown(node))(node);
  }

  vectorOf(node: SyntaxNode): VectorPart {
    const part = this.#read(node);
    return part.kind === 'vector' ? part : this.#unknown(node);
  }

  #numberOf(node: SyntaxNode): NumberPart {
    const part = this.#read(node);
    return part.kind === 'number' ? part : this.#unknown(node);
  }

  #textOf({ from, to }: SyntaxNode): string {
    return this.#text.slice(from, to);
  }

  #unknown(node: SyntaxNode): never {
    throw new UnknownExpression(
      `the expression '${this.#text}' has '${this.#textOf(node)}' (${node.name}), which the operations view of the embedded \
product does not know; known: sum, max and min, with by; rate, increase, histogram_quantile, absent, vector and time; \
+ - * /; comparisons that a vector begins; and, or; labels in double quotes; ranges such as 5m`,
    );
  }

  /** The parts of a node, which have to be so many. */
  #parts(node: SyntaxNode, count: number): SyntaxNode[] {
    const parts = childrenOf(node);
    return parts.length === count ? parts : this.#unknown(node);
  }

  #only(node: SyntaxNode): SyntaxNode {
    return this.#parts(node, 1)[0] as SyntaxNode;
  }

  #pair(node: SyntaxNode): [SyntaxNode, SyntaxNode] {
    return this.#parts(node, 2) as [SyntaxNode, SyntaxNode];
  }

  #triple(node: SyntaxNode): [SyntaxNode, SyntaxNode, SyntaxNode] {
    return this.#parts(node, 3) as [SyntaxNode, SyntaxNode, SyntaxNode];
  }

  #readNumber(node: SyntaxNode): NumberPart {
    const value = Number(this.#textOf(node));
    return Number.isNaN(value) ? this.#unknown(node) : numberPart(() => value);
  }

  #readMatcher(node: SyntaxNode) {
    const [label, operator, quoted] = this.#triple(node);
    const matcher = matchers.get(this.#textOf(operator));
    const [, value] = /^"([^"\\]*)"$/.exec(this.#textOf(quoted)) ?? [];
    if (label.name !== 'LabelName' || !matcher || value === undefined) return this.#unknown(node);
    return {
      label: this.#textOf(label),
      isEqual: operator.getChild('EqlSingle') !== null,
      value,
      passes: matcher(value),
    };
  }

  #readSelector(node: SyntaxNode): Selector {
    const [identifier, braces, ...others] = childrenOf(node);
    const isSelector = node.name === 'VectorSelector' && identifier?.name === 'Identifier' && others.length === 0;
    if (!isSelector) return this.#unknown(node);
    const given = (braces ? childrenOf(braces) : []).map((each) => this.#readMatcher(each));
    const name = this.#textOf(identifier);
    this.metrics.add(name);
    return {
      name,
      equal: Object.fromEntries(given.filter(({ isEqual }) => isEqual).map(({ label, value }) => [label, value])),
      passes: (labels) => given.every(({ label, passes }) => passes(labels[label] ?? '')),
    };
  }

  #readCurrent(node: SyntaxNode): VectorPart {
    const { name, passes } = this.#readSelector(node);
    return vectorPart(({ samples, recorded }) =>
      (recorded.get(name) ?? samples.current(name)).filter(({ labels }) => passes(labels)),
    );
  }

  /** By how much counters rose within a range, in all or in each second of it. */
  #readIncrease(node: SyntaxNode, isPerSecond: boolean): VectorPart {
    if (node.name !== 'MatrixSelector') return this.#unknown(node);
    const [selected, duration] = this.#pair(node);
    const { name, passes } = this.#readSelector(selected);
    const [, count, unit = ''] = /^(\d+)([a-z])$/.exec(this.#textOf(duration)) ?? [];
    const range = Number(count) * (secondsByUnit.get(unit) ?? this.#unknown(duration));
    const divisor = isPerSecond ? range : 1;
    return vectorPart(({ samples, seconds }) =>
      samples.between(name, passes, seconds - range, seconds).flatMap((course) => {
        const risen = increase(course, seconds - range, seconds);
        return risen === undefined ? [] : [{ labels: course.labels, value: risen / divisor }];
      }),
    );
  }

  #readQuantile(body: SyntaxNode): VectorPart {
    const [share, histogram] = this.#pair(body);
    const [wanted, counted] = [this.#numberOf(share), this.vectorOf(histogram)];
    return vectorPart((moment) =>
      groupBy(counted.at(moment), ({ le, ...labels }) => labels).map(({ labels, samples }) => {
        const buckets = samples.map((bucket) => ({ atMost: boundOf(bucket.labels), count: bucket.value }));
        return { labels, value: quantile(wanted.at(moment), buckets) };
      }),
    );
  }

  #readAbsence(node: SyntaxNode): VectorPart {
    const { equal } = this.#readSelector(node);
    const selected = this.#readCurrent(node);
    return vectorPart((moment) => (selected.at(moment).length > 0 ? [] : [{ labels: equal, value: 1 }]));
  }

  #readVector(node: SyntaxNode): VectorPart {
    const number = this.#numberOf(node);
    return vectorPart((moment) => [{ labels: {}, value: number.at(moment) }]);
  }

  #readAggregation(node: SyntaxNode): VectorPart {
    const [operation, modifier, body = modifier, ...others] = childrenOf(node);
    const aggregate = operation && aggregations.get(this.#textOf(operation));
    if (!aggregate || !body || others.length > 0) return this.#unknown(node);
    const by = modifier === body ? [] : this.#readGrouping(modifier as SyntaxNode);
    const all = this.vectorOf(this.#only(body));
    const told = once(
      (labels): Labels => Object.fromEntries(by.flatMap((name) => (labels[name] ? [[name, labels[name]]] : []))),
    );
    return vectorPart((moment) =>
      groupBy(all.at(moment), told).map(({ labels, samples }) => ({
        labels,
        value: aggregate(samples.map(({ value }) => value)),
      })),
    );
  }

  #readGrouping(modifier: SyntaxNode): string[] {
    const [by, labels] = this.#pair(modifier);
    const names = childrenOf(labels);
    const isKnown = by.name === 'By' && names.every(({ name }) => name === 'LabelName');
    return isKnown ? names.map((name) => this.#textOf(name)) : this.#unknown(modifier);
  }

  #readCall(node: SyntaxNode): Part {
    const [called, body] = this.#pair(node);
    return (this.#functions.get(this.#textOf(called)) ?? this.#unknown(node))(body);
  }

  #readBinary(node: SyntaxNode): Part {
    const [left, operator, right] = this.#triple(node);
    const compute = arithmetic.get(this.#textOf(operator));
    if (compute) return computed(this.#read(left), this.#read(right), compute);
    const holds = comparisons.get(this.#textOf(operator));
    if (holds) return filtered(this.vectorOf(left), this.#read(right), holds);
    const join = setOperations.get(this.#textOf(operator)) ?? this.#unknown(node);
    const [one, other] = [this.vectorOf(left), this.vectorOf(right)];
    return vectorPart((moment) => join(one.at(moment), other.at(moment)));
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

const boundOf = ({ le = '' }: Labels) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));

/** Arithmetic, with a number or on the samples of both sides that have the same labels. */
function computed(left: Part, right: Part, compute: (left: number, right: number) => number): Part {
  if (left.kind === 'number' && right.kind === 'number') {
    return numberPart((moment) => compute(left.at(moment), right.at(moment)));
  }
  return vectorPart((moment) =>
    sides(left, right, moment).map((side) => ({ labels: side.labels, value: compute(side.left, side.right) })),
  );
}

/** The samples of the left side for which a comparison holds. */
const filtered = (left: VectorPart, right: Part, holds: (left: number, right: number) => boolean): VectorPart =>
  vectorPart((moment) =>
    sides(left, right, moment)
      .filter((side) => holds(side.left, side.right))
      .map((side) => ({ labels: side.labels, value: side.left })),
  );

/** The values of both sides; a number goes with every sample of the other side. */
function sides(left: Part, right: Part, moment: Moment): { labels: Labels; left: number; right: number }[] {
  const [one, other] = [left.at(moment), right.at(moment)];
  if (typeof one === 'number')
    return (other as Vector).map(({ labels, value }) => ({ labels, left: one, right: value }));
  if (typeof other === 'number') return one.map(({ labels, value }) => ({ labels, left: value, right: other }));
  return matched(one, other);
}
