import assert from 'node:assert/strict';

/** One text that must not be found anywhere, and what it is called. */
export interface Secret {
  readonly name: string;
  readonly text: string;
}

/**
 * The names of the secrets that a text holds: as they are, as JSON or a URL writes them, in hexadecimal digits, in base64
 * wherever it begins, and a password inside a longer text too. One that nobody has given is empty, and nothing to look for.
 */
export function secretsIn(text: string, secrets: readonly Secret[]): string[] {
  return secrets
    .filter((secret) => secret.text !== '')
    .filter((secret) => forms(secret.text).some((form) => text.includes(form)))
    .map(({ name }) => name);
}

/** Fails when a text holds a secret, or when there is none to look for. */
export function refuseSecretsIn(text: string, secrets: readonly Secret[]): void {
  const given = secrets.filter((secret) => secret.text !== '');
  assert.ok(given.length > 0, 'there are secrets to look for');
  // A search that finds nothing has to be one that would.
  for (const { name, text: planted } of given) {
    assert.ok(secretsIn(text + JSON.stringify({ planted }), secrets).includes(name), `${name} can be found`);
  }
  assert.deepEqual(secretsIn(text, secrets), [], 'secrets are in it');
}

/** What a secret looks like as it is, in JSON, in JSON inside JSON, in a URL, in hexadecimal digits, and in base64. */
export const forms = (text: string): string[] => [
  ...new Set([
    text,
    text.trim(),
    inJson(text),
    inJson(inJson(text)),
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase()),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('hex').toUpperCase(),
    ...[0, 1, 2].map((offset) => base64At(text, offset)).flatMap((digits) => [digits, forUrls(digits)]),
  ]),
];

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const forUrls = (digits: string): string => digits.replaceAll('+', '-').replaceAll('/', '_');

/** The digits in which text stands in base64 when it begins `offset` bytes into a longer one. */
function base64At(text: string, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const digits = whole.toString('base64').replaceAll('=', '');
  // The first and the last digits also hold bits of what stands beside it.
  const sharedAtEnd = whole.length % 3 === 0 ? 0 : 1;
  return digits.slice([0, 2, 3][offset], digits.length - sharedAtEnd);
}
