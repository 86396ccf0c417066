import type { Progress } from '../cli/progress';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { isThere } from './component';
import { componentsOf } from './components';
import { lifecycleOf } from './lifecycle-of';

/** Names of the components that are there, running or not. */
export async function deployedComponents(
  place: DockerPlace | KubernetesPlace,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const components = await componentsOf(place, signal);
  return new Set(components.filter(isThere).map(({ name }) => name));
}

/**
 * Stops components, those of the last stack first.
 *
 * @returns what goes on, and why
 */
export async function down(
  place: DockerPlace | KubernetesPlace,
  components: ReadonlySet<string>,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lifecycle = lifecycleOf(place, signal);
  const remaining: string[] = [];
  for (const stack of place.stacks.toReversed()) {
    remaining.push(...(await progress.step(`stopping ${stack.name}`, () => lifecycle.stop(stack, components))));
  }
  return remaining;
}
