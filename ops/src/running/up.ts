import { type Owned, type Owning, owning } from '../deploy/owning';
import { Refusal } from '../failures';
import { requireNotFrozen } from '../ledger/freeze';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import type { SynthesizedStack } from '../place/synthesized';
import { applyStack } from '../place/terraform';
import { isUnreleased } from '../place/unreleased';
import { isThere, isWell } from './component';
import { componentsOf } from './components';
import { lifecycleOf } from './lifecycle-of';
import { waitReady } from './wait-ready';

const readySeconds = 600;

/** What was done to a stack. */
export interface Started {
  readonly stack: string;
  readonly what: 'deployed' | 'started' | 'there';
}

/**
 * Deploys what is missing of an environment and starts what was stopped, stack by stack, while nobody else works on it. What runs is left
 * as it is: `npm run deploy` changes it.
 *
 * @throws Refusal with what Terraform, or the first component that is not ready, says; where something is missing and the environment is
 * frozen, why
 */
export const up = (options: Omit<Owning, 'command'>): Promise<Started[]> =>
  owning({ ...options, command: `up ${options.environment}` }, bringUp);

async function bringUp(owned: Owned): Promise<Started[]> {
  const { place, progress, signal } = owned;
  const started: Started[] = [];
  for (const stack of place.stacks) {
    const what = await whatIsToDo(place, stack, signal);
    await progress.step(`${stack.name}: is ${what}`, async (tell) => {
      if (what === 'deployed') await deploy(owned, stack);
      await lifecycleOf(place, signal).start(stack);
      await waitReady(place, { isOf: (each) => each.stack === stack.name, seconds: readySeconds, tell, signal });
    });
    started.push({ stack: stack.name, what });
  }
  return started;
}

async function whatIsToDo(
  place: DockerPlace | KubernetesPlace,
  stack: SynthesizedStack,
  signal: AbortSignal,
): Promise<Started['what']> {
  const components = (await componentsOf(place, signal)).filter((each) => each.stack === stack.name);
  if (components.length === 0) return (await place.isReady(stack)) ? 'there' : 'deployed';
  if (!components.every(isThere)) return 'deployed';
  return components.every(isWell) ? 'there' : 'started';
}

async function deploy({ place, logs, signal }: Owned, stack: SynthesizedStack): Promise<void> {
  const { environment, shelf } = place;
  await requireNotFrozen(shelf, environment);
  if (isUnreleased(stack)) {
    throw new Refusal(`${environment} has no release yet; put its digests into config/environments/${environment}.ts`);
  }
  await place.prepare();
  await applyStack(stack, { logs, onStart: async () => undefined, signal });
}
