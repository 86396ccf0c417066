import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CertificateAuthority, IssuedCertificate } from '../../app/test/support/certificates';

/** Files of certificates that servers and clients of the run read. */
export class CertificateFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = path.join(folder, 'certificates');
    mkdirSync(this.#folder, { mode: 0o755 });
  }

  path(name: string): string {
    return path.join(this.#folder, name);
  }

  /** Writes certificates of CAs. @returns the file */
  writeAuthorities(name: string, ...authorities: readonly CertificateAuthority[]): string {
    const file = this.path(`${name}.pem`);
    writeFileSync(file, authorities.map(({ certificate }) => certificate).join(''));
    return file;
  }

  /**
   * Writes a certificate and its key.
   *
   * @param owner who alone may read the key
   */
  write(name: string, { certificate, key }: IssuedCertificate, owner: (file: string) => void = () => undefined) {
    const files = { certificate: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, key, { mode: 0o600 });
    owner(files.key);
    return files;
  }
}
