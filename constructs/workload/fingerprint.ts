import { createHash } from 'node:crypto';
import type { FileSource } from './workload';

/**
 * Changes when a file's content or a secret's revision does, so that the workload restarts: neither is reread by itself.
 * No byte of a secret goes into it. 64 hexadecimal digits.
 */
export function filesFingerprint(files: Readonly<Record<string, FileSource>>): string {
  const described = Object.entries(files).map(([path, source]) =>
    'content' in source ? [path, source.content] : [path, source.secret.name, source.key, source.secret.revision],
  );
  return fingerprint(described);
}

/** The same for equal values: 64 hexadecimal digits. */
export const fingerprint = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
