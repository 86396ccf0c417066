import { clientScheme } from './client-config';
import type { Directive } from './directives';

/** Where a certificate and its key are: in a folder, under the names that a Secret of Kubernetes gives them. */
export interface CertificateFolder {
  readonly folder: string;
}
export const certificateName = 'tls.crt';
export const keyName = 'tls.key';

/** As Mozilla's "intermediate" has it. @see https://ssl-config.mozilla.org */
const ciphers = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) =>
  ['ECDHE-ECDSA', 'ECDHE-RSA'].map((exchange) => `${exchange}-${cipher}`),
);

/** How TLS is ended. */
export const tlsConfig = ({ folder }: CertificateFolder): Directive[] => [
  'ssl_protocols TLSv1.2 TLSv1.3',
  `ssl_ciphers ${ciphers.join(':')}`,
  'ssl_prefer_server_ciphers off',
  'ssl_session_cache shared:tls:10m',
  'ssl_session_timeout 1d',
  'ssl_session_tickets off',
  // A path in a variable is read for each handshake: a certificate that was renewed is shown without a start.
  ['map $ssl_server_name $certificate_folder', [`default ${folder}`]],
  `ssl_certificate $certificate_folder/${certificateName}`,
  `ssl_certificate_key $certificate_folder/${keyName}`,
];

/** Has Nginx read both before it starts, and refuse to start where they do not belong together. */
export const checkedAtStart = ({ folder }: CertificateFolder): Directive[] => [
  `ssl_certificate ${folder}/${certificateName}`,
  `ssl_certificate_key ${folder}/${keyName}`,
];

/** Seconds for which a browser asks no more without TLS. */
const transportSecuritySeconds = 365 * 24 * 3600;

/** Only over TLS (RFC 6797, 7.2), and of our own names: of those below them nothing is known here. */
export const transportSecurityByScheme: Directive = [
  `map ${clientScheme} $transport_security`,
  ['default ""', `https "max-age=${transportSecuritySeconds}"`],
];
/** Said in place of what answers says, which does not know the scheme. */
export const transportSecurity = { name: 'Strict-Transport-Security', value: '$transport_security' };
