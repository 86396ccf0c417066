import type { Place } from '../../config/place';
import { clusterName } from './naming';

/** What a workload is there for, and so who makes room for whom: what answers clients and keeps their data, or what looks after that. */
export type Priority = 'serving' | 'supporting';

/**
 * Classes of priority by their value: nobody else's pod, which has 0 where nobody says otherwise, makes room for ours, and of
 * ours those that support make room for those that serve.
 */
export const priorityValues: Readonly<Record<Priority, number>> = { serving: 0, supporting: -1000 };

/** The name of a class of priority that is made with the namespace. */
export const priorityClassName = (place: Pick<Place, 'name'>, priority: Priority): string =>
  clusterName(place, priority);

/** Whether classes are made: not where the namespace is one of others, nor where the estate has a class for all. */
export const makesPriorities = ({ cluster }: Pick<Place, 'cluster'>): boolean =>
  !cluster?.existingNamespace && !cluster?.placement?.priorityClass;
