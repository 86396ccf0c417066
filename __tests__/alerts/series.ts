import type { Labels, Sample } from '../../app/src/embedded/monitor/samples';
import type { Series } from './alert-case';

/** What stands for a series that is not there. */
export const stale = 'stale';

/** Values in promtool's notation: 3, 3x10 (eleven times), 0+2x10, or several of these; undefined where there is none. */
function readValues(text: string): (number | undefined)[] {
  return text.split(' ').flatMap((part) => {
    if (part === stale) return [undefined];
    const [, first, step = '0', times = '0'] = /^([\d.e+]+?)(?:\+([\d.]+))?(?:x(\d+))?$/.exec(part) ?? [];
    if (first === undefined) throw new Error(`'${part}' is no value of a series`);
    return Array.from({ length: Number(times) + 1 }, (_, index) => Number(first) + index * Number(step));
  });
}

function readLabels(text: string): Labels {
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}

/** Gives the samples of all series at each of their moments. */
export function readSeries(series: Series): (index: number) => Sample[] {
  const read = Object.entries(series).map(([written, values]) => {
    const [, name = '', labels = ''] = /^(\w+)(.*)$/.exec(written) ?? [];
    return { name, labels: readLabels(labels), values: readValues(values) };
  });
  return (index) =>
    read.flatMap(({ name, labels, values }) => {
      const value = values[index];
      return value === undefined ? [] : [{ name, labels, value }];
    });
}
