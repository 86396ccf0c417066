import { identityToRecipient } from 'age-encryption';
import type { EnvironmentOf } from '../environment';
import { fingerprintOf } from './fingerprint';

/** Something that no copy contains, and without which a copy is worth less. */
export interface KeptApart {
  name: string;
  /** By which it is known again. */
  fingerprint: string;
  without: string;
}

/** What has to be kept apart from the copies, in a place that does not burn with them. */
export async function keptApart(environment: EnvironmentOf<'secrets'>): Promise<KeptApart[]> {
  const { SECRET_KEY, BACKUP_AGE_RECIPIENTS = [], BACKUP_AGE_IDENTITY } = environment;
  const here = BACKUP_AGE_IDENTITY && (await identityToRecipient(BACKUP_AGE_IDENTITY));
  return [
    ...(SECRET_KEY
      ? [{ name: 'SECRET_KEY', fingerprint: fingerprintOf(SECRET_KEY), without: 'every API key is void' }]
      : []),
    ...BACKUP_AGE_RECIPIENTS.map((recipient) => ({
      name: recipient === here ? 'private key of age (given here)' : 'private key of age',
      fingerprint: recipient,
      without: 'no copy can be read, where the other recipients lost theirs too',
    })),
  ];
}
