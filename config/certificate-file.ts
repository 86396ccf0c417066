import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(__dirname, '..');
const pathForm = /^([\w-]+\/)*[\w-]+(\.[\w-]+)*$/;
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates in a file of the repository, in PEM, without what stands around them: a key would be for all to see. */
export function readCertificates(path: string): string {
  const found = readFileSync(join(root, path), 'utf8').match(certificate) ?? [];
  return found.map((each) => `${each}\n`).join('');
}

function holdsCertificates(path: string): boolean {
  if (!pathForm.test(path)) return false;
  try {
    const found = readCertificates(path).match(certificate) ?? [];
    for (const each of found) new X509Certificate(each);
    return found.length > 0;
  } catch {
    return false;
  }
}

/** A file with the certificates of CAs, below the repository's root. */
export const certificateFile = z
  .string()
  .refine(holdsCertificates, 'a file of this repository with certificates in PEM, such as config/certificates/ca.pem');
