import type { EnvironmentConfig, EnvironmentInput } from '../../config/environment';

/** A copy of a configuration with values set, or removed when `undefined`, at dotted paths. */
export function changed(config: EnvironmentConfig, values: Readonly<Record<string, unknown>>): EnvironmentInput {
  const copy = structuredClone(config);
  for (const [path, value] of Object.entries(values)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const parent = keys.reduce(
      (object, key) => object[key] as Record<string, unknown>,
      copy as Record<string, unknown>,
    );
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  return copy;
}
