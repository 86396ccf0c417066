import path from 'node:path';
import { defaultFolder } from '../../../app/src/embedded/environment-file';
import { givenFolder } from '../../../app/src/runtime/env';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { EmbeddedFolder } from '../checks/embedded-folder';
import { Subject } from '../checks/subject';
import type { Progress } from '../cli/progress';
import { readOperationsEnvironment } from '../environment';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { embedded, requireCheckout, requireEnvironment } from '../place/synthesized';

/**
 * What a command looks at.
 *
 * @param environment as config/environments names it, or `embedded`
 * @throws UsageError naming the environments there are
 */
export async function openSubject(environment: string, progress: Progress, signal: AbortSignal): Promise<Subject> {
  if (environment === embedded) {
    const folder = new EmbeddedFolder(path.resolve(givenFolder() ?? defaultFolder));
    return Subject.ofFolder({ root: requireCheckout(), signal }, folder);
  }
  const root = requireEnvironment(environment, requireCheckout(), [embedded]);
  const { KUBE_CONFIG_PATH: kubeconfig } = readOperationsEnvironment('look');
  return progress.step(`reading ${environment}`, () =>
    Subject.ofEnvironment({ root, environment, kubeconfig, signal }),
  );
}

/** Where it is deployed. @throws Error why it cannot be synthesized */
export function requirePlace({ place, fault }: Subject): DockerPlace | KubernetesPlace {
  if (place) return place;
  throw fault ?? new UsageError('the embedded product is deployed nowhere');
}
