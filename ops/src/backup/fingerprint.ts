import { createHmac } from 'node:crypto';

/** By which a key is known again, and nobody learns it: keys have at least 32 random characters. */
export const fingerprintOf = (key: string): string =>
  createHmac('sha256', key).update('stock-analysis fingerprint').digest('hex').slice(0, 16);
