import { UsageError } from '../../../app/src/runtime/usage-error';
import type { Progress } from '../cli/progress';
import { readOperationsEnvironment } from '../environment';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { openPlace } from '../place/open-place';
import {
  requireCheckout,
  requireEnvironment,
  type SynthesizedStack,
  synthesize,
  synthesizeToLook,
} from '../place/synthesized';

export interface OpenedEnvironment {
  /** The checkout that describes it. */
  root: string;
  place: DockerPlace | KubernetesPlace;
}

/**
 * Finds out where an environment is, and that it can be asked. What another command deploys from this checkout meanwhile stays as it is.
 *
 * @throws UsageError for a name that is none, CannotTell where nothing answers
 */
export const openEnvironment = (
  environment: string,
  progress: Progress,
  root = requireCheckout(),
): Promise<OpenedEnvironment> => open(environment, progress, root, synthesizeToLook);

/**
 * As openEnvironment, to be deployed from this checkout, which nobody else does meanwhile.
 *
 * @throws UsageError for a name that is none, CannotTell where nothing answers
 */
export const openToDeploy = (environment: string, progress: Progress, root: string): Promise<OpenedEnvironment> =>
  open(environment, progress, root, synthesize);

async function open(
  environment: string,
  progress: Progress,
  root: string,
  synthesis: (root: string, environment: string) => Promise<SynthesizedStack[]>,
): Promise<OpenedEnvironment> {
  refuseEmbedded(environment);
  requireEnvironment(environment, root);
  const stacks = await progress.step(`synthesizing ${environment}`, () => synthesis(root, environment));
  const { KUBE_CONFIG_PATH } = readOperationsEnvironment('deploy');
  const place = openPlace({ root, environment, stacks, kubeconfig: KUBE_CONFIG_PATH });
  await place.requireAnswering();
  return { root, place };
}

function refuseEmbedded(environment: string): void {
  if (environment !== 'embedded') return;
  throw new UsageError(
    'the embedded product is not deployed: stop it, take its next version, and start it (npm start)',
  );
}
