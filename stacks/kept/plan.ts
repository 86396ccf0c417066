/** What a stack plans, without what changes on its own, keys sorted: the content of a file of plans/. */
export interface Plan {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly removed?: readonly { readonly from: string }[];
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

/** A stack as Terraform gets it, as a plan: without cdktf's notes on its own version and paths; the hash of sources is git's to show. */
export const planOf = (synthesized: object): Plan => normalise(synthesized) as Plan;

/** The resources of a type, by name. */
export const resourcesOf = <T extends object>(plan: Plan, type: string): Array<[name: string, body: T]> =>
  Object.entries((plan.resource?.[type] ?? {}) as Record<string, T>);

function normalise(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => normalise(item, key));
  if (typeof value === 'string' && key === 'values') return JSON.parse(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '//')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, child]) => [
        name,
        key === 'triggers' && name === 'sources' ? '(hash of the sources)' : normalise(child, name),
      ]),
  );
}
