import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { decryptInto } from '../../ops/src/backup/encryption';
import { type Case, create, refused } from './case';
import { manifestIn } from './copies';

const encrypted: Case = {
  name: 'encrypted for two recipients',
  async run(setting) {
    const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
    const recipients = await Promise.all(identities.map(identityToRecipient));
    const id = await create(setting, { BACKUP_AGE_RECIPIENTS: recipients.join(',') });
    const { files } = manifestIn(setting.store, id);
    assert.ok(files.every((file) => file.path.endsWith('.age')));
    const folder = path.join(setting.store, id);
    for (const file of files) {
      assert.equal(readFileSync(path.join(folder, file.path)).subarray(0, 18).toString(), 'age-encryption.org');
    }
    for (const [index, identity] of identities.entries()) {
      const clear = path.join(setting.folder, `clear-${index}`);
      for (const file of files) {
        await decryptInto(clear, file.path, createReadStream(path.join(folder, file.path)), identity);
      }
      await setting.postgres.restore(path.join(clear, 'database'), `decrypted_${index}`);
      await setting.postgres.asSuperuser((client) => client.query(`DROP DATABASE decrypted_${index}`), 'postgres');
    }
    const wrong = decryptInto(
      path.join(setting.folder, 'clear-2'),
      'roles.sql.age',
      createReadStream(path.join(folder, 'roles.sql.age')),
      await generateX25519Identity(),
    );
    await assert.rejects(wrong, /give that of one of the recipients/);
    assert.ok(!existsSync(path.join(setting.folder, 'clear-2', 'roles.sql')));
    return `${files.length} files, none in clear; each of two identities restores it, a third is refused`;
  },
};

const oneRecipient: Case = {
  name: 'one recipient alone',
  run: async (setting) => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    return refused(setting, ['backup', 'create'], 2, /two or more/, { BACKUP_AGE_RECIPIENTS: recipient });
  },
};

export const encryptionCases = [encrypted, oneRecipient];
