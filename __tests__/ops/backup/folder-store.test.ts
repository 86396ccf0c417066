import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { initStore } from '../../../ops/src/backup/init';
import { requireMarked } from '../../../ops/src/backup/store';
import type { EnvironmentOf } from '../../../ops/src/environment';
import { CannotTell, Refusal } from '../../../ops/src/failures';

const [first, second] = ['20261125T023000Z-000001', '20261126T023000Z-000002'] as const;
const environmentNamed = (name: string) => ({ STOCK_ENVIRONMENT: name }) as EnvironmentOf<'store'>;

describe('a store in a folder', () => {
  let above: string;
  let place: string;
  let store: FolderStore;
  beforeEach(() => {
    above = mkdtempSync(path.join(tmpdir(), 'stockops-store-'));
    place = path.join(above, '备份 of "the" copies\'');
    store = new FolderStore(place);
  });
  afterEach(() => rmSync(above, { recursive: true }));

  async function make(id: string): Promise<void> {
    const draft = await store.begin(id);
    mkdirSync(path.join(draft.folder, 'database'));
    writeFileSync(path.join(draft.folder, 'database', 'toc.dat'), `of ${id}`);
    await draft.commit('{}');
  }

  test('is marked once, and refused before that, and by another environment', async () => {
    mkdirSync(place);
    await expect(requireMarked(store, 'production')).rejects.toThrow(/not mounted, or it is new; .* backup init$/);
    expect(await initStore(store, environmentNamed('production'))).toEqual({ place, isNew: true });
    expect(await initStore(store, environmentNamed('production'))).toEqual({ place, isNew: false });
    await requireMarked(store, 'production');
    await expect(requireMarked(store, 'staging')).rejects.toThrow(/keeps copies of "production", this is "staging"/);
    await expect(initStore(store, environmentNamed('staging'))).rejects.toThrow(Refusal);
  });

  test.each(['', 'not JSON', '{}', '{"schemaVersion":2,"environment":"production"}'])(
    'is refused with the mark %p',
    async (mark) => {
      await store.writeMark(mark);
      await expect(requireMarked(store, 'production')).rejects.toThrow('is not what stockops wrote; put it back');
    },
  );

  test('has a copy once it is committed, whole and with its name', async () => {
    await store.writeMark('');
    const draft = await store.begin(first);
    writeFileSync(path.join(draft.folder, 'toc.dat'), 'rows');
    expect(await store.contents()).toMatchObject({ copies: [], unfinished: [`${first}.partial`] });
    await draft.commit('{"the":"manifest"}');
    expect(await store.contents()).toMatchObject({ copies: [first], unfinished: [] });
    expect(await store.readText(`${first}/manifest.json`)).toBe('{"the":"manifest"}');
    expect(await text(await store.read(`${first}/toc.dat`))).toBe('rows');
    expect(await store.readText(`${first}/verification.json`)).toBeUndefined();
  });

  test('keeps nothing of a draft that is discarded', async () => {
    await store.writeMark('');
    const draft = await store.begin(first);
    writeFileSync(path.join(draft.folder, 'toc.dat'), 'rows');
    await draft.discard();
    expect(readdirSync(place)).toEqual(['stockops-store.json']);
  });

  test('removes one copy and what is unfinished, and nothing else', async () => {
    await store.writeMark('');
    await make(first);
    await make(second);
    mkdirSync(path.join(place, '20261127T023000Z-000003'));
    mkdirSync(path.join(place, 'lost+found'));
    mkdirSync(path.join(place, 'of somebody.partial'));
    expect(await store.contents()).toMatchObject({ copies: [first, second], unfinished: ['20261127T023000Z-000003'] });
    await store.remove(first);
    await store.removeUnfinished('20261127T023000Z-000003');
    expect(await store.contents()).toMatchObject({ copies: [second], unfinished: [] });
    expect(readdirSync(place).sort()).toEqual([second, 'lost+found', 'of somebody.partial', 'stockops-store.json']);
    expect(await text(await store.read(`${second}/database/toc.dat`))).toBe(`of ${second}`);
  });

  test('has a file of any size once it is whole, lists it in its order, and nothing of one whose writing failed', async () => {
    await store.writeMark('');
    const put = (name: string, content: Readable) => store.put(name, content, { mostBytes: 10 });
    const breaking = Readable.from(
      (function* () {
        yield 'half';
        throw new Error('the source is gone');
      })(),
    );
    await expect(put('wal/7/log/C', breaking)).rejects.toThrow('the source is gone');
    expect(readdirSync(path.join(place, 'wal/7/log'))).toEqual([]);
    for (const name of ['C', 'B', 'A']) await put(`wal/7/log/${name}`, Readable.from([`of ${name}`]));
    const names = async (after?: string) => (await store.list('wal/7', after)).map(({ name }) => name);
    expect(await names()).toEqual(['wal/7/log/A', 'wal/7/log/B', 'wal/7/log/C']);
    expect(await names('wal/7/log/A')).toEqual(['wal/7/log/B', 'wal/7/log/C']);
    expect(await store.folders('wal')).toEqual(['7']);
    const version = async () => (await store.list('wal/7/log')).find(({ name }) => name.endsWith('B'))?.version;
    const before = await version();
    expect(await version()).toBe(before);
    await put('wal/7/log/B', Readable.from(['another']));
    expect(await version()).not.toBe(before);
    await store.removeFile('wal/7/log/A');
    await store.removeUnfinished('wal/8');
    expect(await names()).toEqual(['wal/7/log/B', 'wal/7/log/C']);
    expect([await store.list('nothing'), await store.folders('nothing')]).toEqual([[], []]);
  });

  test('tells its room, and that it cannot be read where it is none', async () => {
    await expect(store.contents()).rejects.toThrow(CannotTell);
    await store.writeMark('');
    const { freeBytes, sizeBytes } = await store.room();
    expect(freeBytes).toBeGreaterThan(0);
    expect(sizeBytes).toBeGreaterThanOrEqual(freeBytes);
  });
});
