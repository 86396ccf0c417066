/** The names of metrics, with the labels of each. */
export type Exposition = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the text format: a histogram's own name has no samples, a metric without samples has no labels. */
export function readExposition(text: string): Exposition {
  const metrics = new Map<string, Set<string>>();
  const of = (name: string) => metrics.get(name) ?? metrics.set(name, new Set()).get(name) ?? new Set<string>();
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)/gm)) {
    of(name);
    if (type === 'histogram') for (const suffix of ['bucket', 'count', 'sum']) of(`${name}_${suffix}`);
  }
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_:][\w:]*)(?:\{(.*)\})? /gim)) {
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) of(name).add(label);
  }
  return metrics;
}

/** What is kept of an exposition: types, and one sample of each name and labels without its value. */
export function shapeOf(text: string): string {
  const types = [...text.matchAll(/^# TYPE .*$/gm)].map(([line]) => line);
  const samples = [...readExposition(text)]
    .filter(([, labels]) => labels.size > 0)
    .map(
      ([name, labels]) =>
        `${name}{${[...labels]
          .sort()
          .map((label) => `${label}="x"`)
          .join(',')}} 0`,
    );
  return [...types, ...samples].sort().join('\n');
}
