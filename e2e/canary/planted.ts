import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority, type IssuedCertificate } from '../../app/test/support/certificates';
import type { EnvironmentConfig } from '../../config/environment';
import { environmentByName } from '../../config/environments';
import { certificateName, keyName } from '../../constructs/gateway/tls-config';
import { Secret as EnvironmentSecret } from '../../constructs/workload/secret';
import { secretFolder, writeSecretFiles } from '../../constructs/workload/secret-files';
import { withSystem } from '../../stacks/system';
import type { Secret } from '../secret-search';

/** Where there is nobody, by RFC 2606: what cannot be sent is complained of, and complaints are looked at. */
const nobody = 'http://nobody.invalid';

/** With this begins every text that is planted: where there is much to look at, it alone is looked for. */
export const marker = `canary${randomBytes(12).toString('hex')}`;

/** A secret that is nowhere by chance. */
export const newText = (): string => `${marker}${randomBytes(9).toString('base64url')}`;

/** A text to be found, that is nowhere by chance. */
export const newDecoy = (): string => `decoy${randomBytes(12).toString('hex')}`;

/** A host that is nowhere by chance: it is in addresses, arguments and files, and so are secrets found that are there too. */
export const newHost = (): string => `decoy-${randomBytes(9).toString('hex')}.example.com`;

/**
 * An environment on Docker in which everything that can have a secret has one: mail, webhook, Slack, heartbeat, sources, TLS.
 *
 * @param decoyHost one of its hosts
 */
export function canaryEnvironment(decoyHost: string): EnvironmentConfig {
  const local = environmentByName('local');
  const { observability } = local;
  if (!observability || observability.topology === 'existing') throw new Error('local watches itself');
  return {
    ...local,
    name: 'canary',
    hosts: ['localhost', decoyHost],
    exposure: {
      ...{ type: 'published', addresses: ['127.0.0.1'], proxyProtocol: false, certificateRevision: 1 },
      ...{ httpPort: 18_081, httpsPort: 18_443 },
    },
    observability: {
      ...observability,
      webInterfaces: { origin: `http://${decoyHost}:8080` },
      notifications: {
        email: { smarthost: 'nobody.invalid:587', from: 'a@example.com', to: 'b@example.com', username: 'a' },
        slack: { channel: '#canary' },
        webhook: { origin: nobody, format: 'alertmanager' },
        heartbeat: { origin: nobody },
      },
    },
  };
}

/** What people give, by the key: URLs are URLs, and a certificate is one. */
function givenText(key: string, issued: IssuedCertificate): string {
  if (key === certificateName) return issued.certificate;
  if (key === keyName) return issued.key;
  return key.endsWith('-url') ? `${nobody}/${newText()}` : newText();
}

/**
 * Writes every secret of an environment on Docker, with passwords that are known from here on.
 *
 * @returns the passwords, what is made of them, and what people would give; a certificate is none
 */
export function plantSecrets(root: string, config: EnvironmentConfig): Secret[] {
  return withSystem(config, ({ environment }) => {
    const all = environment.all(EnvironmentSecret);
    const certificate = new CertificateAuthority('canary').issue(config.hosts);
    for (const secret of all) {
      const folder = path.join(root, secretFolder(secret));
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path.join(folder, '.password'), newText(), { mode: 0o600 });
      for (const key of secret.givenKeys)
        writeFileSync(path.join(folder, key), givenText(key, certificate), { mode: 0o600 });
    }
    writeSecretFiles(root, all);
    return all.flatMap((secret) =>
      ['.password', ...Object.keys(secret.keys)].map((key) => ({
        name: `${secret.label}/${key}`,
        text: readFileSync(path.join(root, secretFolder(secret), key), 'utf8'),
      })),
    );
  }).filter(({ name }) => !name.endsWith(`/${certificateName}`));
}
