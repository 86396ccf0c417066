import type { Place } from '../../config/place';
import { resourceName } from './naming';

/** How a replica and its companion find each other. */
export interface Meeting {
  /** Address of its own on which the replica listens for its companion. */
  readonly listen: string;
  /** Host under which the companion asks the replica. */
  readonly host: string;
}

/**
 * Where the replicas of a component and their companions meet. The containers of a pod share a loopback. An engine could give one
 * the network of another too, but leaves it without any when that other one is started again: there they meet on the component's network.
 */
export const meetingOf = (place: Place, component: string): Meeting =>
  place.target === 'kubernetes'
    ? { listen: '127.0.0.1', host: '127.0.0.1' }
    : { listen: '0.0.0.0', host: resourceName(place, component) };

/** Name of a companion on an engine, where it is a host of its own, by that of its workload. */
export const companionName = (workloadName: string): string => `${workloadName}-companion`;
