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
import { lookAtPreview } from '../preview/look-at-preview';

interface Opening {
  /** As config/environments names it, `embedded`, or a preview. */
  readonly environment: string;
  /** Of a preview, the environment in whose cluster it is. */
  readonly from?: string | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * What a command looks at.
 *
 * @throws UsageError naming the environments there are, Refusal where there is no such preview
 */
export async function openSubject({ environment, from, progress, signal }: Opening): Promise<Subject> {
  if (from !== undefined) return lookAtPreview({ name: environment, from, progress, signal });
  if (environment === embedded) {
    const folder = new EmbeddedFolder(path.resolve(givenFolder() ?? defaultFolder));
    return Subject.ofFolder({ root: requireCheckout(), signal }, folder);
  }
  const root = requireEnvironment(environment, requireCheckout(), [embedded, aPreview]);
  const { KUBE_CONFIG_PATH: kubeconfig } = readOperationsEnvironment('look');
  return progress.step(`reading ${environment}`, () =>
    Subject.ofEnvironment({ root, environment, kubeconfig, signal }),
  );
}

const aPreview = 'or a preview, with --from ENVIRONMENT';

/** Where it is deployed. @throws Error why it cannot be synthesized */
export function requirePlace({ place, fault }: Subject): DockerPlace | KubernetesPlace {
  if (place) return place;
  throw fault ?? new UsageError('the embedded product is deployed nowhere');
}
