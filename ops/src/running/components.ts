import { Refusal } from '../failures';
import { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { type Component, isThere } from './component';
import { dockerComponents } from './docker-components';
import { kubernetesComponents } from './kubernetes-components';

/** The components of an environment and how they are, in the order in which they are deployed. */
export async function componentsOf(place: DockerPlace | KubernetesPlace, signal?: AbortSignal): Promise<Component[]> {
  const found = await (place instanceof DockerPlace
    ? dockerComponents(place, signal)
    : kubernetesComponents(place, signal));
  const order = place.stacks.map(({ name }) => name);
  return found.sort((a, b) => order.indexOf(a.stack) - order.indexOf(b.stack));
}

/** @param upCommand what deploys it @throws Refusal where a component is not deployed, running or not */
export async function requireThere(
  place: DockerPlace | KubernetesPlace,
  component: string,
  upCommand: string,
  signal: AbortSignal,
): Promise<void> {
  const components = await componentsOf(place, signal);
  if (components.some((each) => each.name === component && isThere(each))) return;
  throw new Refusal(`${component} of ${place.environment} is not there; deploy it: ${upCommand}`);
}
