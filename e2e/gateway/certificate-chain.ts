import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A root, an intermediate CA that it has signed, and leaves of that, as a CA on the Internet has them: made by openssl. */
export class CertificateChain {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'root.key',
      '-out',
      'root.crt',
      '-days',
      '2',
      '-subj',
      '/CN=Root',
    );
    this.sign('intermediate', 'root', '/CN=Intermediate', 'basicConstraints=critical,CA:TRUE,pathlen:0');
  }

  /** What clients trust. */
  get root(): string {
    return this.read('root.crt');
  }

  /** Writes a certificate for localhost, with the intermediate behind it or without, and its key, in place of those before. */
  issue(name: string, into: string, options: { readonly hasIntermediate: boolean } = { hasIntermediate: true }): void {
    this.sign(name, 'intermediate', `/CN=${name}`, 'subjectAltName=DNS:localhost,IP:::1,IP:127.0.0.1');
    const intermediate = options.hasIntermediate ? this.read('intermediate.crt') : '';
    replace(join(into, 'tls.crt'), this.read(`${name}.crt`) + intermediate);
    replace(join(into, 'tls.key'), this.read(`${name}.key`));
  }

  private sign(name: string, by: string, subject: string, extension: string): void {
    writeFileSync(join(this.folder, 'extensions'), `${extension}\n`);
    this.openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const signed = ['-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', 'extensions'];
    this.openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, '-days', '1', ...signed);
  }

  private read = (file: string): string => readFileSync(join(this.folder, file), 'utf8');

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** As a mounted Secret is replaced: a reader has the one or the other, and no half. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
