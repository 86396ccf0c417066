import { identityToRecipient } from 'age-encryption';
import { fingerprintOf } from '../backup/fingerprint';
import type { Manifest } from '../backup/manifest';
import { Refusal } from '../failures';

/** What no copy contains, and people kept apart. */
export interface Keys {
  SECRET_KEY?: string | undefined;
  BACKUP_AGE_IDENTITY?: string | undefined;
  BACKUP_S3_ACCESS_KEY?: string | undefined;
  BACKUP_S3_SECRET_KEY?: string | undefined;
}

export type KeyName = keyof Keys;

/** What the workload is given as it is; the SECRET_KEY is one that would be made. */
export const givenKeys: readonly KeyName[] = ['BACKUP_AGE_IDENTITY', 'BACKUP_S3_ACCESS_KEY', 'BACKUP_S3_SECRET_KEY'];

/**
 * Whether the keys are those that a copy needs.
 *
 * @param manifest undefined where points in time are all that there is: nothing tells of the key then
 * @param despiteKeys goes on although all API keys would be void
 * @returns a line for each, for people
 * @throws Refusal naming the fingerprint that is wanted
 */
export async function requireKeys(
  manifest: Manifest | undefined,
  keys: Keys,
  { despiteKeys }: { despiteKeys: boolean },
): Promise<string[]> {
  if (!manifest) return [unknownKey(keys, despiteKeys)];
  const { id, keys: wanted, recipients } = manifest;
  const lines: string[] = [];
  for (const { name, fingerprint } of wanted) {
    const found = keys.SECRET_KEY && fingerprintOf(keys.SECRET_KEY);
    if (found === fingerprint) lines.push(`${name} ${fingerprint} is here`);
    else if (despiteKeys) lines.push(`${name} ${fingerprint} is not here: every API key is void`);
    else {
      throw new Refusal(
        `copy ${id} needs the ${name} with the fingerprint ${fingerprint}, ${found ? `this one's is ${found}` : 'none is given'}: give the old one in ${name}_FILE, or say --despite-keys and make new API keys`,
      );
    }
  }
  if (recipients.length === 0) return lines;
  const identity = keys.BACKUP_AGE_IDENTITY;
  const recipient = identity && (await identityToRecipient(identity));
  if (!recipient || !recipients.includes(recipient)) {
    throw new Refusal(
      `copy ${id} is encrypted for ${recipients.join(', ')}; ${recipient ? `the key that is given is that of ${recipient}` : 'no private key is given'}: give that of one of them in BACKUP_AGE_IDENTITY_FILE`,
    );
  }
  return [...lines, `private key of ${recipient} is here`];
}

/** @throws Refusal where no key is given */
function unknownKey({ SECRET_KEY }: Keys, despiteKeys: boolean): string {
  if (SECRET_KEY)
    return `SECRET_KEY ${fingerprintOf(SECRET_KEY)} is given, and no copy tells whether it is the old one`;
  if (despiteKeys) return 'no SECRET_KEY is given: every API key is void';
  throw new Refusal(
    'no SECRET_KEY is given: give the old one in SECRET_KEY_FILE, or say --despite-keys and make new API keys',
  );
}
