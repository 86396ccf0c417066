import { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { DockerLifecycle } from './docker-lifecycle';
import { KubernetesLifecycle } from './kubernetes-lifecycle';
import type { Lifecycle } from './lifecycle';

/** How what is deployed in a place is stopped and started. */
export const lifecycleOf = (place: DockerPlace | KubernetesPlace, signal: AbortSignal): Lifecycle =>
  place instanceof DockerPlace ? new DockerLifecycle(place, signal) : new KubernetesLifecycle(place, signal);
