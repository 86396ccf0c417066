import type { Construct } from 'constructs';
import type { Exposure } from '../../config/components/exposure';
import { namespaceOf } from '../workload/boundary';
import { Environment } from '../workload/environment';
import { type FileSource, type Files, filesDirectory, type ReadableSecret } from '../workload/files';
import { given, Secret } from '../workload/secret';
import { certificateName, keyName } from './tls-config';

const folder = 'certificate';
export const certificateFolder = `${filesDirectory}/${folder}`;

/** Certificate and key of a gateway that ends TLS; none where it does not. */
export function certificateOf(scope: Construct, exposure: Exposure): Files {
  switch (exposure.type) {
    case 'published':
      return inFolder(
        givenFile(scope, certificateName, exposure.certificateRevision),
        givenFile(scope, keyName, exposure.certificateRevision),
      );
    case 'loadBalancer': {
      if (!exposure.tls) return {};
      const secret = existingSecret(scope, exposure.tls.secret);
      return inFolder({ secret, key: certificateName }, { secret, key: keyName });
    }
    default:
      return {};
  }
}

const inFolder = (certificate: FileSource, key: FileSource): Files => ({
  [`${folder}/${certificateName}`]: certificate,
  [`${folder}/${keyName}`]: key,
});

/** Each alone in a secret, because people give it. */
function givenFile(scope: Construct, key: string, revision: number) {
  const suffix = key.replaceAll('.', '-');
  return new Secret(scope, suffix, { component: scope.node.id, suffix, keys: { [key]: given }, revision }).file(key);
}

/** One that cert-manager, or somebody, writes and renews. */
function existingSecret(scope: Construct, name: string): ReadableSecret {
  const { config } = Environment.of(scope);
  return {
    name,
    label: `${scope.node.id}-${folder}`,
    environmentName: config.name,
    namespace: namespaceOf(config, 'workloads'),
    revision: 1,
  };
}
