import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { fingerprintOf } from '../../../ops/src/backup/fingerprint';
import { requireKeys } from '../../../ops/src/recover/keys';
import { someManifest } from '../manifest';

const secretKey = 'the key that API keys are hashed under';
const keys = [{ name: 'SECRET_KEY', fingerprint: fingerprintOf(secretKey) }];
const careful = { despiteKeys: false };

describe('the keys that were kept apart', () => {
  test('of an encrypted copy are one of its recipients', async () => {
    const [ours, others] = [await generateX25519Identity(), await generateX25519Identity()];
    const [recipient, stranger] = (await Promise.all([ours, others].map(identityToRecipient))) as [string, string];
    const copy = { ...someManifest, keys, recipients: [recipient] };
    const given = { SECRET_KEY: secretKey };
    await expect(requireKeys(copy, { ...given, BACKUP_AGE_IDENTITY: ours }, careful)).resolves.toContain(
      `private key of ${recipient} is here`,
    );
    await expect(requireKeys(copy, given, careful)).rejects.toThrow(
      /encrypted for age1.*no private key is given.*BACKUP_AGE_IDENTITY_FILE/,
    );
    await expect(requireKeys(copy, { ...given, BACKUP_AGE_IDENTITY: others }, careful)).rejects.toThrow(
      `the key that is given is that of ${stranger}`,
    );
  });

  test('cannot be known again where there is no copy, and are not done without unseen', async () => {
    expect(await requireKeys(undefined, { SECRET_KEY: secretKey }, careful)).toEqual([
      `SECRET_KEY ${fingerprintOf(secretKey)} is given, and no copy tells whether it is the old one`,
    ]);
    await expect(requireKeys(undefined, {}, careful)).rejects.toThrow('SECRET_KEY_FILE');
    expect(await requireKeys(undefined, {}, { despiteKeys: true })).toEqual([
      'no SECRET_KEY is given: every API key is void',
    ]);
  });
});
