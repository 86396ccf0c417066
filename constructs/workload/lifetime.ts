import type { Place } from '../../config/place';
import { literal } from './literal';

/**
 * How long a namespace is wanted, as kube-janitor reads it and any script can: so many hours after it was made, or until a moment.
 * @see https://codeberg.org/hjacobs/kube-janitor
 */
export function lifetimeAnnotations({
  lifetimeHours,
  raised,
}: Pick<Place, 'lifetimeHours' | 'raised'>): Record<string, string> | undefined {
  if (!lifetimeHours) return undefined;
  if (!raised) return { 'janitor/ttl': `${lifetimeHours}h` };
  const { by, commit, until } = raised;
  return {
    'janitor/expires': until,
    'stockanalysis.com/raised-by': literal(by),
    ...(commit && { 'stockanalysis.com/commit': commit }),
  };
}
