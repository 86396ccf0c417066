import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate and its key, in PEM. */
export interface IssuedCertificate {
  certificate: string;
  key: string;
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
const element = (tag: number, ...contents: Buffer[]): Buffer => {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body)]), body]);
};
const sequence = (...contents: Buffer[]) => element(0x30, ...contents);
const objectId = (hex: string) => element(0x06, Buffer.from(hex, 'hex'));
const bitString = (bytes: Buffer) => element(0x03, Buffer.from([0]), bytes);
const time = (date: Date) => element(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));

const commonName = (name: string) =>
  sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(name)))));
const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const extension = (id: string, value: Buffer) => sequence(objectId(id), element(0x04, value));
const isAuthority = extension('551d13', sequence(element(0x01, Buffer.from([0xff]))));
const namesHosts = (hosts: readonly string[]) =>
  extension(
    '551d11',
    sequence(
      ...hosts.map((host) =>
        isIPv4(host) ? element(0x87, Buffer.from(host.split('.').map(Number))) : element(0x82, Buffer.from(host)),
      ),
    ),
  );

const pemOf = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

const dayMilliseconds = 86_400_000;

/** A CA of the tests, of Node.js alone. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export class CertificateAuthority {
  /** Its own certificate, in PEM. */
  readonly certificate: string;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#key = privateKey;
    this.certificate = this.#sign(name, publicKey, isAuthority, 1);
  }

  /** @param days for which it is valid; where they are below zero it has ended */
  issue(hosts: readonly string[], days = 1): IssuedCertificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      certificate: this.#sign('server', publicKey, namesHosts(hosts), days),
      key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
  }

  #sign(subject: string, publicKey: KeyObject, extensions: Buffer, days: number): string {
    const now = Date.now();
    const content = sequence(
      element(0xa0, element(0x02, Buffer.from([2]))),
      element(0x02, Buffer.from([1]), randomBytes(8)),
      ecdsaWithSha256,
      commonName(this.#name),
      sequence(time(new Date(now - 2 * dayMilliseconds)), time(new Date(now + days * dayMilliseconds))),
      commonName(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      element(0xa3, sequence(extensions)),
    );
    return pemOf(sequence(content, ecdsaWithSha256, bitString(sign('sha256', content, this.#key))));
  }
}
