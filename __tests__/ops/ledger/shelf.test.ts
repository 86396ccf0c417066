import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CannotTell } from '../../../ops/src/failures';
import { ClusterShelf } from '../../../ops/src/ledger/cluster-shelf';
import { FolderShelf } from '../../../ops/src/ledger/folder-shelf';
import type { Shelf } from '../../../ops/src/ledger/shelf';
import { MemoryKubectl } from './memory-kubectl';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shelf-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shelves: Record<string, () => Shelf> = {
  'a folder': () => new FolderShelf(path.join(folder, 'production')),
  'a namespace': () => new ClusterShelf(new MemoryKubectl().run, 'state', 'production'),
};

describe.each(Object.entries(shelves))('a shelf that is %s', (_title, make) => {
  let shelf: Shelf;
  beforeEach(() => {
    shelf = make();
  });
  const versionOf = async (name: string) => (await shelf.read(name))?.version;

  test('has nothing at first, and what was written last afterwards', async () => {
    expect(await shelf.read('lock')).toBeUndefined();
    expect(await shelf.write('lock', 'one', undefined)).toBe(true);
    expect(await shelf.write('lock', 'two', await versionOf('lock'))).toBe(true);
    expect(await shelf.read('lock')).toMatchObject({ text: 'two' });
  });

  test('lets nobody overwrite what they did not read', async () => {
    await shelf.write('lock', 'one', undefined);
    const old = await versionOf('lock');
    expect(await shelf.write('lock', 'another', undefined)).toBe(false);
    await shelf.write('lock', 'two', old);
    expect(await shelf.write('lock', 'late', old)).toBe(false);
    await shelf.write('lock', 'three', await versionOf('lock'));
    expect(await shelf.write('lock', 'very late', old)).toBe(false);
    expect(await shelf.read('lock')).toMatchObject({ text: 'three' });
  });

  test('gives a name to one of many who write it at once', async () => {
    const written = await Promise.all([...'abcdefgh'].map((text) => shelf.write('lock', text, undefined)));
    expect(written.filter(Boolean)).toHaveLength(1);
    expect(await shelf.read('lock')).toMatchObject({ text: 'abcdefgh'[written.indexOf(true)] });
  });

  test('lists what begins with a word, and forgets what is removed', async () => {
    for (const name of ['release-2', 'release-1', 'lock']) await shelf.write(name, name, undefined);
    expect([...(await shelf.list('release-')).keys()]).toEqual(['release-1', 'release-2']);
    await shelf.remove('release-1');
    expect([...(await shelf.list(''))]).toEqual([
      ['lock', 'lock'],
      ['release-2', 'release-2'],
    ]);
  });
});

test('a folder keeps one file a name, and no draft', async () => {
  const shelf = new FolderShelf(folder);
  for (const [index, text] of [...'abcd'].entries()) await shelf.write('lock', text, index ? `${index}` : undefined);
  expect(readdirSync(folder)).toEqual(['lock.4.json']);
});

test('a place that cannot be used is told with what to do', async () => {
  writeFileSync(path.join(folder, 'file'), '');
  const inFile = new FolderShelf(path.join(folder, 'file', 'production'));
  await expect(inFile.write('lock', '', undefined)).rejects.toThrow(/cannot be used .*STOCKOPS_FOLDER/);
  const kubectl = new MemoryKubectl();
  kubectl.isAway = true;
  const shelf = new ClusterShelf(kubectl.run, 'state', 'production');
  await expect(shelf.read('lock')).rejects.toBeInstanceOf(CannotTell);
  await expect(shelf.write('lock', '', undefined)).rejects.toThrow(/connection refused.*the right to get, list/);
});

test('two environments of a cluster share a namespace, and see nothing of each other', async () => {
  const { run } = new MemoryKubectl();
  const one = new ClusterShelf(run, 'state', 'dev');
  const other = new ClusterShelf(run, 'state', 'preview');
  await one.write('lock', 'one', undefined);
  expect(await other.read('lock')).toBeUndefined();
  expect([...(await other.list('')).keys()]).toEqual([]);
});
