import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { refuseOtherMajor } from '../../../ops/src/wal/recover';

describe('a base backup of another major version of PostgreSQL', () => {
  const { PATH } = process.env;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'recover-test-'));
    writeFileSync(path.join(folder, 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) 18.6"\n', { mode: 0o755 });
    process.env.PATH = `${folder}${path.delimiter}${PATH}`;
  });
  afterAll(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });

  const ofMajor = (serverMajor: number) => refuseOtherMajor({ id: 'base', serverMajor });

  test('is refused before a server is started on its files, with what to do', async () => {
    await expect(ofMajor(18)).resolves.toBeUndefined();
    await expect(ofMajor(17)).rejects.toThrow(
      /base backup base is of PostgreSQL 17, here is postgres \(PostgreSQL\) 18\.6; say a moment after the upgrade/,
    );
  });
});
