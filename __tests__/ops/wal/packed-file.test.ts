import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { Refusal } from '../../../ops/src/failures';
import { openPacked, putPacked, unpackedName } from '../../../ops/src/wal/packed-file';

const content = 'what the server wrote, '.repeat(15_000);

describe('a file of points in time', () => {
  let place: string;
  let store: FolderStore;
  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'packed-file-'));
    store = new FolderStore(place);
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const put = (recipients?: string[], into = store) =>
    putPacked(into, 'wal/7/log/A', Readable.from([content]), { recipients, mostBytes: content.length });
  const open = async (name: string, identity?: string) => text(await openPacked(store, name, identity));

  test('is compressed, and is what it was', async () => {
    const packed = await put();
    expect(packed.name).toBe('wal/7/log/A.gz');
    expect(packed.bytes).toBeLessThan(content.length / 10);
    expect(readFileSync(path.join(place, packed.name))).toHaveLength(packed.bytes);
    expect(await open(packed.name)).toBe(content);
  });

  test('is encrypted where there are recipients, each of whom can read it, and nobody else', async () => {
    const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
    const { name } = await put(await Promise.all(identities.map(identityToRecipient)));
    expect(name).toBe('wal/7/log/A.gz.age');
    for (const identity of identities) expect(await open(name, identity)).toBe(content);
    await expect(open(name)).rejects.toThrow(Refusal);
    await expect(open(name, await generateX25519Identity())).rejects.toThrow();
  });

  test('fails to be read where a byte of it is another, or its end is missing', async () => {
    const { name } = await put();
    const file = path.join(place, name);
    const stored = readFileSync(file);
    writeFileSync(file, stored.subarray(0, -9));
    await expect(open(name)).rejects.toThrow();
    stored.writeUInt8(stored.readUInt8(stored.length - 6) ^ 1, stored.length - 6);
    writeFileSync(file, stored);
    await expect(open(name)).rejects.toThrow();
  });

  test('is not taken for stored where the store gives back something else', async () => {
    class Forgetful extends FolderStore {
      override async read(): Promise<Readable> {
        return Readable.from([Buffer.from('another')]);
      }
    }
    await expect(put(undefined, new Forgetful(place))).rejects.toThrow(
      /has 7 bytes that are not the \d+ that were written/,
    );
  });

  test('fails as its source does', async () => {
    const breaking = Readable.from(
      (function* () {
        yield content;
        throw new Error('the source is gone');
      })(),
    );
    const putting = putPacked(store, 'wal/7/log/A', breaking, { recipients: undefined, mostBytes: 1 });
    await expect(putting).rejects.toThrow('the source is gone');
  });

  test.each(['A', 'A.gz', 'A.gz.age'])('%s was A before it was packed', (name) => {
    expect(unpackedName(name)).toBe('A');
  });
});
