import path from 'node:path';
import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import { withCheckout } from '../place/claimed-checkout';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { openPlace } from '../place/open-place';
import { type SynthesizedStack, synthesize } from '../place/synthesized';
import { applyStack } from '../place/terraform';
import { isUnreleased } from '../place/unreleased';
import { isThere } from './component';
import { componentsOf } from './components';
import { lifecycleOf } from './lifecycle-of';
import { waitReady } from './wait-ready';

const readySeconds = 600;

export interface Going {
  readonly root: string;
  readonly environment: string;
  readonly kubeconfig: string | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What was done to a stack. */
export interface Started {
  readonly stack: string;
  readonly what: 'deployed' | 'started';
}

/**
 * Deploys what is missing of an environment and starts what was stopped, stack by stack. What runs is left as it is: `npm run deploy`
 * changes it.
 *
 * @throws Refusal with what Terraform, or the first component that is not ready, says
 */
export const up = (going: Going): Promise<Started[]> => withCheckout(going.root, () => bringUp(going));

async function bringUp({ root, environment, kubeconfig, progress, signal }: Going): Promise<Started[]> {
  const stacks = await progress.step(`synthesizing ${environment}`, () => synthesize(root, environment));
  const place = openPlace({ root, environment, stacks, kubeconfig });
  await progress.step(`asking ${place.name}`, () => place.requireAnswering());
  const started: Started[] = [];
  for (const stack of stacks) {
    const isDeployed = await isWhole(place, stack, signal);
    const what = isDeployed ? 'started' : 'deployed';
    await progress.step(`${stack.name}: is ${what}`, async (tell) => {
      if (!isDeployed) await deploy(root, place, stack, signal);
      await lifecycleOf(place, signal).start(stack);
      await waitReady(place, { isOf: (each) => each.stack === stack.name, seconds: readySeconds, tell, signal });
    });
    started.push({ stack: stack.name, what });
  }
  return started;
}

/** Whether all of a stack was deployed, running or not. */
async function isWhole(
  place: DockerPlace | KubernetesPlace,
  stack: SynthesizedStack,
  signal: AbortSignal,
): Promise<boolean> {
  const components = (await componentsOf(place, signal)).filter((each) => each.stack === stack.name);
  return components.length > 0 ? components.every(isThere) : place.isReady(stack);
}

async function deploy(
  root: string,
  place: DockerPlace | KubernetesPlace,
  stack: SynthesizedStack,
  signal: AbortSignal,
): Promise<void> {
  if (isUnreleased(stack)) {
    throw new Refusal(
      `${place.environment} has no release yet; put its digests into config/environments/${place.environment}.ts`,
    );
  }
  await place.prepare();
  const logs = path.join(root, '.local', 'up', place.environment);
  await applyStack(stack, { logs, onStart: async () => undefined, signal });
}
