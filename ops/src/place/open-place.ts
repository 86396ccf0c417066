import { DockerPlace } from './docker-place';
import { KubernetesPlace } from './kubernetes-place';
import type { SynthesizedStack } from './synthesized';

interface Described {
  /** Of the checkout. */
  readonly root: string;
  readonly environment: string;
  readonly stacks: readonly SynthesizedStack[];
  readonly kubeconfig: string | undefined;
}

/** Where an environment is deployed, by the providers of its stacks. */
export const openPlace = ({ root, environment, stacks, kubeconfig }: Described): DockerPlace | KubernetesPlace =>
  stacks.some(({ providers }) => providers.docker)
    ? new DockerPlace(root, environment, stacks)
    : new KubernetesPlace(environment, stacks, kubeconfig);
