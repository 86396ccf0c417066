import { withoutApiKeys } from '../../../app/src/runtime/secret-texts';

/** What looks like a secret, wherever it stands: passwords of addresses, keys of age and of TLS, tokens. */
const secrets: readonly [form: RegExp, instead: string][] = [
  [/(\w+:\/\/[^\s:/@]*:)[^\s@]+@/g, '$1[redacted]@'],
  [/AGE-SECRET-KEY-1[A-Z0-9]+/g, 'AGE-SECRET-KEY-1[redacted]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)/gs, '[redacted private key]'],
  [/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/g, '$1 [redacted]'],
  [/([\w-]*(?:password|secret|token|api[_-]?key))(["']?\s*[:=]\s*["']?)[^\s"',;]+/gi, '$1$2[redacted]'],
];

/** A text of a program that we did not write, without what looks like a secret. */
export const redacted = (text: string): string =>
  secrets.reduce((found, [form, instead]) => found.replace(form, instead), withoutApiKeys(text));
