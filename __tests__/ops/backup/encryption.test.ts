import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { decryptInto, encryptFolder } from '../../../ops/src/backup/encryption';
import { Refusal } from '../../../ops/src/failures';

// Larger than what age seals as one piece, 64 KiB.
const content = Buffer.alloc(200_000, 'rows of a table, ');

describe('an encrypted copy', () => {
  let folder: string;
  let clear: string;
  let identities: string[];
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'stockops-encryption-'));
    clear = path.join(folder, 'clear');
    mkdirSync(path.join(folder, 'copy', 'database'), { recursive: true });
    writeFileSync(path.join(folder, 'copy', 'database', '3101.dat.gz'), content);
    writeFileSync(path.join(folder, 'copy', 'roles.sql'), '');
    identities = await Promise.all([generateX25519Identity(), generateX25519Identity(), generateX25519Identity()]);
    const recipients = await Promise.all(identities.slice(0, 2).map(identityToRecipient));
    await encryptFolder(path.join(folder, 'copy'), recipients);
  });
  afterEach(() => rmSync(clear, { recursive: true, force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  const stored = (file: string) => path.join(folder, 'copy', file);
  const decrypt = (file: string, identity = identities[0] as string) =>
    decryptInto(clear, file, createReadStream(stored(file)), identity);

  test('holds no file in clear', () => {
    const files = readdirSync(path.join(folder, 'copy'), { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile()).map(({ name }) => name)).toEqual(['roles.sql.age', '3101.dat.gz.age']);
    expect(readFileSync(stored('database/3101.dat.gz.age')).includes('rows of a table')).toBe(false);
  });

  test.each([0, 1])('is read by each of its recipients, such as number %i', async (number) => {
    await decrypt('database/3101.dat.gz.age', identities[number]);
    await decrypt('roles.sql.age', identities[number]);
    expect(readFileSync(path.join(clear, 'database', '3101.dat.gz')).equals(content)).toBe(true);
    expect(readFileSync(path.join(clear, 'roles.sql')).length).toBe(0);
  });

  test('is not read by another key, which the message says', async () => {
    const refused = decrypt('roles.sql.age', identities[2]);
    await expect(refused).rejects.toThrow(Refusal);
    await expect(refused).rejects.toThrow(/with the key in BACKUP_AGE_IDENTITY .*give that of one of the recipients/);
  });

  test.each([
    ['a byte of its rows is another', (bytes: Buffer) => bytes.fill(bytes[150_000] === 0 ? 1 : 0, 150_000, 150_001)],
    ['it ends early', (bytes: Buffer) => bytes.subarray(0, 100_000)],
    ['it ends where a sealed piece does', (bytes: Buffer) => bytes.subarray(0, bytes.length - (200_000 % 65_536) - 16)],
  ])('is refused when %s', async (_title, change) => {
    const changed = stored('changed.age');
    writeFileSync(changed, change(readFileSync(stored('database/3101.dat.gz.age'))));
    await expect(decrypt('changed.age')).rejects.toThrow(Refusal);
    rmSync(changed);
  });
});
