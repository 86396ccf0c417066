import type { Place } from '../../config/place';

/** The system's name: prefix of the names in a cluster, `part-of` label, name of the deployments of manual 2.2. */
export const systemName = 'stock-analysis';

/**
 * Longest name that every object accepts, with what its controller appends: a CronJob's is at most 52 characters, a
 * Service's a DNS label (RFC 1035, 63 octets).
 */
const maxNameLength = 52;

/**
 * The name of what a component runs as, and the host name other components use: `stock-analysis-api`. In a cluster the
 * namespace tells environments apart; on a Docker engine it is the beginning of every name.
 * @throws Error when the name would not be a DNS label; it is never shortened or hashed.
 */
export const resourceName = (place: Pick<Place, 'target' | 'namespace'>, ...parts: string[]): string =>
  checkedName(place.target === 'docker' ? place.namespace : systemName, parts);

/** The name of what a component has outside every namespace: another environment may be in the same cluster. */
export const clusterName = ({ name }: Pick<Place, 'name'>, ...parts: string[]): string =>
  checkedName(systemName, [name, ...parts]);

function checkedName(prefix: string, parts: readonly string[]): string {
  const name = [prefix, ...parts].join('-');
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > maxNameLength) {
    throw new Error(
      `name "${name}" of component "${parts.join('-')}": allowed are lower-case letters, digits and "-", ` +
        `starting with a letter, at most ${maxNameLength} characters (this one has ${name.length})`,
    );
  }
  return name;
}
