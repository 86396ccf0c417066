import { type SourceName, sourceNames } from '../sources/source';

/**
 * The sources whose rows a source may not replace: those before it in the order, and, for one that is not in the
 * order, all that are. The synthetic sample replaces no real source whatever the order says.
 */
export function outrankedBy(source: SourceName, order: readonly SourceName[]): SourceName[] {
  if (source === 'sample') return sourceNames.filter((name) => name !== 'sample');
  const position = order.includes(source) ? order.indexOf(source) : order.length;
  return order.slice(0, position).filter((name) => name !== 'sample');
}
