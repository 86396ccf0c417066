import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import type { Putting } from '../../../ops/src/backup/store';
import { LogShipper } from '../../../ops/src/wal/log-shipper';
import { openPacked } from '../../../ops/src/wal/packed-file';
import { receivingFolder } from '../../../ops/src/wal/points-in-time';

const [first, second] = ['00000001000000000000000A', '00000001000000000000000B'] as const;
const system = '7';

/** A store that can be away. */
class Store extends FolderStore {
  isAway = false;

  override async put(name: string, content: Readable, putting: Putting): Promise<void> {
    if (this.isAway) throw new Error('the store is away');
    await super.put(name, content, putting);
  }
}

describe('what was received of the log', () => {
  let folder: string;
  let store: Store;
  let shipper: LogShipper;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'log-shipper-'));
    store = new Store(path.join(folder, 'store'));
    shipper = new LogShipper(store, { work: path.join(folder, 'work'), recipients: undefined });
    mkdirSync(receiving(), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const receiving = (server = system) => receivingFolder(path.join(folder, 'work'), server);
  const receive = (name: string, text: string) => writeFileSync(path.join(receiving(), name), text);
  const stored = async (server = system) =>
    (await store.list(`wal/${server}/log`)).map(({ name }) => path.basename(name));
  const contentOf = async (name: string) =>
    (await buffer(await openPacked(store, `wal/${system}/log/${name}`, undefined))).toString();
  const { signal } = new AbortController();

  test('is in the store, and only then not here any more; what is not whole stays', async () => {
    receive(first, 'first');
    receive(`${second}.partial`, 'half');
    await shipper.shipWhole(system, signal);
    expect(await stored()).toEqual([`${first}.gz`]);
    expect(readdirSync(receiving())).toEqual([`${second}.partial`]);
    expect(await contentOf(`${first}.gz`)).toBe('first');
  });

  test('stays while the store is away, and is put once it is back', async () => {
    store.isAway = true;
    receive(first, 'first');
    receive(second, 'second');
    await expect(shipper.shipWhole(system, signal)).rejects.toThrow('the store is away');
    expect(await shipper.waiting(system)).toBe(2);
    store.isAway = false;
    await shipper.shipWhole(system, signal);
    expect([await shipper.waiting(system), await stored()]).toEqual([0, [`${first}.gz`, `${second}.gz`]]);
  });

  test('is put before it is whole, and its whole takes the place of that', async () => {
    receive(`${first}.partial`, 'ha');
    await shipper.shipPartial(system, signal);
    receive(`${first}.partial`, 'half');
    await shipper.shipPartial(system, signal);
    expect([await stored(), await contentOf(`${first}.partial.gz`)]).toEqual([[`${first}.partial.gz`], 'half']);
    rmSync(path.join(receiving(), `${first}.partial`));
    receive(first, 'whole');
    await shipper.shipWhole(system, signal);
    expect([await stored(), await contentOf(`${first}.gz`)]).toEqual([[`${first}.gz`], 'whole']);
  });

  test('is put again after a kill that came between putting and removing', async () => {
    receive(first, 'first');
    await shipper.shipWhole(system, signal);
    receive(first, 'first');
    await shipper.shipWhole(system, signal);
    expect([await stored(), readdirSync(receiving())]).toEqual([[`${first}.gz`], []]);
  });

  test('of a server that was before is put with its end, and leaves this machine', async () => {
    mkdirSync(receiving('6'));
    for (const name of [first, `${second}.partial`]) writeFileSync(path.join(receiving('6'), name), name);
    receive(first, 'of the present one');
    await shipper.shipFormer(system, signal);
    expect(await stored('6')).toEqual([`${first}.gz`, `${second}.partial.gz`]);
    expect([await stored(), readdirSync(path.join(folder, 'work', 'wal'))]).toEqual([[], [system]]);
  });

  test('is put once, by one at a time', async () => {
    receive(first, 'first');
    await Promise.all([shipper.shipWhole(system, signal), shipper.shipAll(system, signal)]);
    expect(await stored()).toEqual([`${first}.gz`]);
  });
});
