import { RememberingReader } from '../../../ops/src/backup/remembered-texts';
import type { Contents } from '../../../ops/src/backup/store';

const [first, second] = ['20261125T023000Z-000001', '20261126T023000Z-000002'] as const;

describe('a store that is looked at again and again', () => {
  let files: Map<string, { text: string; version: string }>;
  let read: string[];
  const reader = () =>
    new RememberingReader({
      place: 'somewhere',
      contents: async (): Promise<Contents> => ({
        copies: [],
        unfinished: [],
        notes: [...files].map(([name, { version }]) => ({ name, version, changedAt: new Date(0) })),
      }),
      readText: async (name) => {
        read.push(name);
        return files.get(name)?.text;
      },
    });
  beforeEach(() => {
    read = [];
    files = new Map([first, second].map((id) => [`${id}/manifest.json`, { text: `of ${id}`, version: '1' }]));
  });

  test('is read where its listing says that something is another, and nowhere else', async () => {
    const looking = reader();
    const look = async () => {
      await looking.contents();
      return Promise.all([...files.keys()].map((name) => looking.readText(name)));
    };
    expect(await look()).toEqual([`of ${first}`, `of ${second}`]);
    await look();
    expect(read).toHaveLength(2);
    files.set(`${second}/manifest.json`, { text: 'another', version: '2' });
    expect(await look()).toEqual([`of ${first}`, 'another']);
    expect(read.slice(2)).toEqual([`${second}/manifest.json`]);
  });

  test('is not asked for what its listing does not have', async () => {
    const looking = reader();
    await looking.contents();
    expect(await looking.readText(`${first}/drill.json`)).toBeUndefined();
    expect(read).toEqual([]);
  });

  test('is read again where a file was gone in between', async () => {
    const looking = reader();
    const name = `${first}/manifest.json`;
    await looking.contents();
    await looking.readText(name);
    const kept = files.get(name);
    files.delete(name);
    await looking.contents();
    expect(await looking.readText(name)).toBeUndefined();
    if (kept) files.set(name, kept);
    await looking.contents();
    expect(await looking.readText(name)).toBe(`of ${first}`);
    expect(read).toEqual([name, name]);
  });
});
