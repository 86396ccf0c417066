import type { Registry } from 'prom-client';
import type { Labels, Sample } from './samples';

const partOfHistogram = /_(bucket|count|sum)$/;

/** A metric as prom-client gives it; the parts of a histogram have names of their own. */
interface Read {
  readonly name: string;
  readonly values: readonly { value: number; labels: Record<string, string | number>; metricName?: string }[];
}

/** Reads some metrics of a registry, as a scrape would; the others are not computed. */
export async function readRegistry(registry: Registry, wanted: ReadonlySet<string>): Promise<Sample[]> {
  const metrics = new Set(
    [...wanted].map(
      (name) => registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(partOfHistogram, '')),
    ),
  );
  const read = (await Promise.all([...metrics].map((metric) => metric?.get() ?? { name: '', values: [] }))) as Read[];
  return read.flatMap(({ name: own, values }) =>
    values
      .map(({ value, labels, metricName: name = own }) => ({ name, labels: asTexts(labels), value }))
      .filter(({ name }) => wanted.has(name)),
  );
}

const asTexts = (labels: Record<string, string | number>): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
