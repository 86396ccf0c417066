import type { Preview } from './preview';

/** What time it is, by those whom a decision about time depends on. */
export interface Clocks {
  cluster: Date;
  machine: Date;
}

/** A namespace of a preview. */
export interface PreviewNamespace {
  name: string;
  /** Of which preview. */
  preview: string;
  /** What it says itself of its time; undefined where it says nothing. */
  expires: string | undefined;
}

/** Whether a preview is wanted still. */
export type Standing = { is: 'wanted' | 'past'; until: string } | { is: 'unclear'; why: string };

/** What its record and its namespaces say; the latest moment counts, and nothing is past unless everybody says so. */
export function standingOf(
  { until }: Pick<Preview, 'until'>,
  namespaces: readonly PreviewNamespace[],
  { cluster, machine }: Clocks,
): Standing {
  const unreadable = namespaces.find(({ expires }) => Number.isNaN(Date.parse(expires ?? '')));
  if (unreadable) {
    const { name, expires = 'none' } = unreadable;
    return { is: 'unclear', why: `the namespace ${name} has no moment in its annotation janitor/expires: ${expires}` };
  }
  const moments = [until, ...namespaces.map(({ expires }) => expires as string)];
  const latest = moments.reduce((one, other) => (Date.parse(other) > Date.parse(one) ? other : one));
  const [pastInCluster, pastHere] = [cluster, machine].map((now) => now.getTime() >= Date.parse(latest));
  if (pastInCluster === pastHere) return { is: pastHere ? 'past' : 'wanted', until: latest };
  return {
    is: 'unclear',
    why: `${latest} has passed by one clock and not by the other: the cluster's is ${cluster.toISOString()}, this machine's ${machine.toISOString()}`,
  };
}
