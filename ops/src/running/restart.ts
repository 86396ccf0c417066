import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import { type Taking, underLock } from '../ledger/lock';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { type Component, isStopped, isThere, stateOf } from './component';
import { componentsOf } from './components';
import { lifecycleOf } from './lifecycle-of';
import { requireComponent } from './log-command';
import { waitReady } from './wait-ready';

const readySeconds = 300;
/** The stack without data. */
const application = '-application';

/**
 * Restarts components, each when the one before is ready again, while nobody else works on the environment.
 *
 * @param named those of the application where none is named
 * @returns their names
 */
export async function restart(
  place: DockerPlace | KubernetesPlace,
  named: readonly string[],
  progress: Progress,
  taking: Taking,
): Promise<readonly string[]> {
  for (const name of named) requireComponent(place, name);
  await place.requireAnswering(taking.signal);
  const components = await componentsOf(place, taking.signal);
  const ofApplication = components.filter(({ stack }) => stack.endsWith(application)).map(({ name }) => name);
  const names = named.length > 0 ? named : ofApplication;
  const away = components.filter((each) => names.includes(each.name) && (!isThere(each) || isStopped(each)));
  if (away.length > 0) throw new Refusal(`${awayText(away)}; start it: npm run stockops -- up ${place.environment}`);
  await underLock(place.shelf, taking, async (signal) => {
    for (const name of names)
      await progress.step(`restarting ${name}`, (tell) => restartOne(place, name, tell, signal));
  });
  return names;
}

async function restartOne(
  place: DockerPlace | KubernetesPlace,
  name: string,
  tell: (detail: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await lifecycleOf(place, signal).restart(name);
  await waitReady(place, { isOf: (each) => each.name === name, seconds: readySeconds, tell, signal });
}

const awayText = (components: readonly Component[]): string =>
  `nothing was restarted: ${components.map((each) => `${each.name} is ${stateOf(each)}`).join(', ')}`;
