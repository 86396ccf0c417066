import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { encryptFolder } from '../../../ops/src/backup/encryption';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { type Manifest, writeManifest } from '../../../ops/src/backup/manifest';
import { verificationOf } from '../../../ops/src/backup/verification';
import { Progress } from '../../../ops/src/cli/progress';
import { withOpenCopy } from '../../../ops/src/restore/open-copy';
import { someManifest } from '../manifest';

const id = '20261125T023000Z-000001';
const content = 'rows of a table';

/** One that says what is read of it, and may say that it is elsewhere. */
class Watched extends FolderStore {
  readonly wasRead: string[] = [];
  isElsewhere = false;

  override async read(name: string): Promise<Readable> {
    this.wasRead.push(name);
    return super.read(name);
  }

  override folderOf(name: string): string {
    return this.isElsewhere ? (undefined as unknown as string) : super.folderOf(name);
  }
}

describe('a copy that is opened', () => {
  let folder: string;
  let store: Watched;
  let seen: string[];
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'open-copy-'));
    store = new Watched(path.join(folder, 'store'));
    await store.writeMark('');
    seen = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function make(recipients: string[] = []): Promise<Manifest> {
    const draft = await store.begin(id);
    writeFileSync(path.join(draft.folder, 'toc.dat'), content);
    if (recipients.length > 0) await encryptFolder(draft.folder, recipients);
    const file = recipients.length > 0 ? 'toc.dat.age' : 'toc.dat';
    const stored = readFileSync(path.join(draft.folder, file));
    const manifest: Manifest = {
      ...someManifest,
      id,
      recipients,
      files: [{ path: file, bytes: stored.length, sha256: createHash('sha256').update(stored).digest('hex') }],
    };
    await draft.commit(writeManifest(manifest));
    return manifest;
  }
  const damage = ({ files }: Manifest) => {
    const file = path.join(store.place, id, files[0]?.path ?? '');
    const stored = readFileSync(file);
    stored.writeUInt8(stored.readUInt8(stored.length - 1) ^ 1, stored.length - 1);
    writeFileSync(file, stored);
  };
  const open = (manifest: Manifest, identity?: string, work = read) =>
    withOpenCopy(store, manifest, { work: folder, identity, progress: new Progress(false) }, work);
  async function read(place: string): Promise<void> {
    seen.push(readFileSync(path.join(place, 'toc.dat'), 'utf8'));
  }
  const state = async () => (await verificationOf(store, id)).state;

  test.each([false, true])(
    'gives its files, each of them read and summed up once (elsewhere: %p)',
    async (isElsewhere) => {
      const manifest = await make();
      store.isElsewhere = isElsewhere;
      await open(manifest);
      expect([seen, store.wasRead, await state()]).toEqual([[content], [`${id}/toc.dat`], 'verified']);
    },
  );

  test('on this machine is refused where a file was changed, whatever came of the work with it', async () => {
    const manifest = await make();
    damage(manifest);
    const message = `copy ${id} is damaged: toc.dat is not what was written; take another`;
    await expect(open(manifest)).rejects.toThrow(message);
    await expect(open(manifest, undefined, () => Promise.reject(new Error('no archive')))).rejects.toThrow(message);
    expect(await state()).toBe('damaged');
  });

  test('on this machine fails as the work with it does, where it is whole', async () => {
    const failing = () => Promise.reject(new Error('no room'));
    await expect(open(await make(), undefined, failing)).rejects.toThrow('no room');
    expect(await state()).toBe('verified');
  });

  test('on this machine stops the work where a file was changed', async () => {
    const manifest = await make();
    damage(manifest);
    const untilStopped = (_: string, stop?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => stop?.addEventListener('abort', () => reject(stop.reason)));
    await expect(open(manifest, undefined, untilStopped as typeof read)).rejects.toThrow('is damaged');
  });

  test('elsewhere is not worked with where a file was changed', async () => {
    const manifest = await make();
    damage(manifest);
    store.isElsewhere = true;
    await expect(open(manifest)).rejects.toThrow('toc.dat is not what was written');
    expect([seen, await state()]).toEqual([[], 'damaged']);
  });

  test('encrypted is told apart: another key, or another file', async () => {
    const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
    const manifest = await make(await Promise.all(identities.map(identityToRecipient)));
    await open(manifest, identities[1]);
    expect([seen, store.wasRead, await state()]).toEqual([[content], [`${id}/toc.dat.age`], 'verified']);
    await expect(open(manifest)).rejects.toThrow('give the private key of one of them');
    await expect(open(manifest, await generateX25519Identity())).rejects.toThrow('give that of one of the recipients');
    damage(manifest);
    await expect(open(manifest, identities[0])).rejects.toThrow('toc.dat.age is not what was written');
    expect(seen).toHaveLength(1);
  });
});
