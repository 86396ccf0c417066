import type { ImageSettings } from '../../config/images';
import type { Place } from '../../config/place';
import { resourceName } from './naming';

export type RegistryLogin = NonNullable<ImageSettings['registryLogin']>;

/** Terraform takes the password of a registry from TF_VAR_<name>. */
export const registryPassword = 'registry_password';

/** The Secret by which pods pull their images, where the registry asks who they are: theirs, or ours. */
export const pullSecretOf = (place: Pick<Place, 'images' | 'target' | 'namespace'>): string | undefined =>
  place.images.pullSecret ?? (place.images.registryLogin && resourceName(place, 'registry'));

/** What a kubelet reads of such a Secret, its password put in while Terraform applies. */
export function dockerConfigJson({ registry, username }: RegistryLogin): string {
  const password = `var.${registryPassword}`;
  const login = `username = "${username}", password = ${password}, auth = base64encode("${username}:\${${password}}")`;
  return `\${jsonencode({ auths = { "${registry}" = { ${login} } } })}`;
}
