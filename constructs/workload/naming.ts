/** The system's name: prefix of every resource, `part-of` label, name of the manual's deployments. */
export const systemName = 'stock-analysis';

/**
 * Longest name that every object accepts, with what its controller appends: a CronJob's is at most 52 characters, a
 * Service's a DNS label (RFC 1035, 63 octets).
 */
const maxNameLength = 52;

/**
 * The name of what a component runs as, the same on every target and the host name other components use:
 * `resourceName('api')` is `stock-analysis-api`.
 * @throws Error when the name would not be a DNS label; it is never shortened or hashed.
 */
export function resourceName(...parts: string[]): string {
  const name = [systemName, ...parts].join('-');
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > maxNameLength) {
    throw new Error(
      `name "${name}" of component "${parts.join('-')}": allowed are lower-case letters, digits and "-", ` +
        `starting with a letter, at most ${maxNameLength} characters (this one has ${name.length})`,
    );
  }
  return name;
}
