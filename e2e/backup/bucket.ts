import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CertificateAuthority } from '../../app/test/support/certificates';
import type { Cleanup } from '../../bench/child';
import { type Case, run, type Setting } from './case';
import { accessKey, S3Server, secretKey } from './s3-server';

/** A copy has a file that is larger than one part of an upload. */
const addLargeTable = ({ postgres }: Setting) =>
  postgres.asSuperuser((client) =>
    client.query(
      'CREATE TABLE IF NOT EXISTS large AS SELECT md5(random()::text) AS words FROM generate_series(1, 1300000)',
    ),
  );

/** A store in a bucket of its own. */
export interface Bucket {
  setting: Setting;
  server: S3Server;
}

/** Does something with a bucket of its own, on a server of its own. @param program a versitygw */
export const withBucket = (
  program: string,
  name: string,
  work: (bucket: Bucket) => Promise<string>,
  authority?: CertificateAuthority,
): Case => ({
  name: `S3: ${name}`,
  async run(base) {
    const steps: (() => Promise<unknown>)[] = [];
    const cleanup = { add: (step: () => Promise<unknown>) => steps.push(step) } as unknown as Cleanup;
    const folder = path.join(base.folder, 's3');
    mkdirSync(folder);
    const server = await S3Server.start(program, folder, cleanup, authority?.issue(['127.0.0.1']));
    try {
      await addLargeTable(base);
      const ca = path.join(folder, 'ca.pem');
      if (authority) writeFileSync(ca, authority.certificate);
      const variables = {
        ...base.variables,
        BACKUP_STORE: server.store('of/trial'),
        BACKUP_S3_ENDPOINT: server.endpoint,
        BACKUP_S3_ACCESS_KEY: accessKey,
        BACKUP_S3_SECRET_KEY: secretKey,
        ...(authority && { BACKUP_S3_CA_FILE: ca }),
      };
      const setting = { ...base, variables, store: server.folderOf('of/trial') };
      assert.equal((await run(setting, ['backup', 'init'])).exitCode, 0);
      return await work({ setting, server });
    } finally {
      for (const step of steps.reverse()) await step();
    }
  },
});
