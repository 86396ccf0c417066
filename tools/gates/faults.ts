import { objectOf } from './finding';
import type { Manifest } from './manifest';

/** One thing that is wrong about one object. */
export interface Fault {
  /** What has to find it. */
  readonly rule: string;
  /** Kind and name. */
  readonly object: string;
  /** Where it is changed; the object itself is taken away where this is empty, in every namespace. */
  readonly at: readonly string[];
  /** Taken away where there is none. */
  readonly value?: unknown;
  /** Whom it is found in. @default - the object itself */
  readonly foundIn?: string;
}

/** The manifests with all faults in them. */
export const withFaults = (manifests: readonly Manifest[], faults: readonly Fault[]): Manifest[] =>
  faults.reduce<Manifest[]>((changed, fault) => withFault(changed, fault), structuredClone([...manifests]));

function withFault(manifests: readonly Manifest[], { object, at, value }: Fault): Manifest[] {
  const found = manifests.find((manifest) => objectOf(manifest) === object);
  if (!found) throw new Error(`a fault is to be put into ${object}, which is not there`);
  const field = at.at(-1);
  if (field === undefined) return manifests.filter((manifest) => objectOf(manifest) !== object);
  const parent = at.slice(0, -1).reduce<unknown>((inside, name) => ((inside as Fields)[name] ??= {}), found) as Fields;
  if (value === undefined) delete parent[field];
  else parent[field] = value;
  return [...manifests];
}

type Fields = Record<string, unknown>;
