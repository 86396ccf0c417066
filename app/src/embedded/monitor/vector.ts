import type { Labels } from './samples';

/** What an expression gives: a value for each set of labels. */
export type Vector = readonly { readonly labels: Labels; readonly value: number }[];

/** A function of labels that is computed once for each of them: those of a series are the same object every time. */
export function once<T extends Labels | string>(tell: (labels: Labels) => T): (labels: Labels) => T {
  const told = new WeakMap<Labels, T>();
  return (labels) => {
    const known = told.get(labels) ?? tell(labels);
    told.set(labels, known);
    return known;
  };
}

/** A text that labels have in common if they are equal. */
export const keyOf = once((labels) => JSON.stringify(Object.entries(labels).sort()));

const byLabels = (vector: Vector) => new Map(vector.map((sample) => [keyOf(sample.labels), sample]));

/** The samples in groups, by what is told of the labels of each. */
export function groupBy(vector: Vector, tell: (labels: Labels) => Labels): { labels: Labels; samples: Vector }[] {
  const groups = new Map<string, { labels: Labels; samples: Vector[number][] }>();
  for (const sample of vector) {
    const labels = tell(sample.labels);
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels, samples: [] };
    group.samples.push(sample);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The values of two vectors for the labels that both have. */
export function matched(left: Vector, right: Vector): { labels: Labels; left: number; right: number }[] {
  const others = byLabels(right);
  return left.flatMap(({ labels, value }) => {
    const other = others.get(keyOf(labels));
    return other ? [{ labels, left: value, right: other.value }] : [];
  });
}

/** The samples whose labels the other vector has too. */
export function both(left: Vector, right: Vector): Vector {
  const others = byLabels(right);
  return left.filter(({ labels }) => others.has(keyOf(labels)));
}

/** The samples, and those of the other vector whose labels are not among them. */
export function either(left: Vector, right: Vector): Vector {
  const present = byLabels(left);
  return [...left, ...right.filter(({ labels }) => !present.has(keyOf(labels)))];
}
