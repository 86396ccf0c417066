import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ResultFile, writeResultFile } from '../../src/files/result-file';
import { UsageError } from '../../src/runtime/usage-error';

describe('a result file', () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-result-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is there once it is whole, and nothing else is', async () => {
    const result = await ResultFile.create(file('a.csv'), { overwrite: false });
    await result.write('one,');
    await result.write(Buffer.from('two'));
    expect(existsSync(file('a.csv'))).toBe(false);
    await result.keep();
    expect(readFileSync(file('a.csv'), 'utf8')).toBe('one,two');
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });

  test('leaves nothing when it is given up', async () => {
    const result = await ResultFile.create(file('a.csv'), { overwrite: false });
    await result.write('one');
    await result.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('replaces a file only where that is asked for', async () => {
    writeFileSync(file('a.csv'), 'precious');
    const refused = writeResultFile(file('a.csv'), 'new', { overwrite: false });
    await expect(refused).rejects.toThrow(
      `'${file('a.csv')}' exists; name another file, or replace it with --overwrite`,
    );
    await expect(refused).rejects.toThrow(UsageError);
    expect(readFileSync(file('a.csv'), 'utf8')).toBe('precious');
    await writeResultFile(file('a.csv'), 'new', { overwrite: true });
    expect(readFileSync(file('a.csv'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });

  test.each([false, true])('never replaces what is read, by any of its names (overwrite: %s)', async (overwrite) => {
    writeFileSync(file('input.csv'), 'precious');
    linkSync(file('input.csv'), file('same.csv'));
    for (const name of ['input.csv', 'same.csv']) {
      const writing = writeResultFile(file(name), 'new', { overwrite, input: statSync(file('input.csv')) });
      await expect(writing).rejects.toThrow('is the file that is read');
    }
    expect(readFileSync(file('input.csv'), 'utf8')).toBe('precious');
    expect(readdirSync(folder)).toEqual(['input.csv', 'same.csv']);
  });

  test.each([false, true])('leaves links, folders and devices alone (overwrite: %s)', async (overwrite) => {
    writeFileSync(file('target'), 'precious');
    symlinkSync('target', file('link'));
    symlinkSync('nowhere', file('dangling'));
    symlinkSync('loop', file('loop'));
    mkdirSync(file('folder'));
    for (const name of [...['link', 'dangling', 'loop', 'folder'].map(file), '/dev/null']) {
      await expect(writeResultFile(name, 'new', { overwrite })).rejects.toThrow('exists and is no regular file');
    }
    expect(readFileSync(file('target'), 'utf8')).toBe('precious');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(folder)).toEqual(['dangling', 'folder', 'link', 'loop', 'target']);
  });

  test('does not replace a file that appears while it is written', async () => {
    const result = await ResultFile.create(file('a.csv'), { overwrite: false });
    await result.write('new');
    writeFileSync(file('a.csv'), 'precious');
    await expect(result.keep()).rejects.toThrow('exists');
    expect(readFileSync(file('a.csv'), 'utf8')).toBe('precious');
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });

  test.each([
    ['', 'is not the name of a file'],
    ['/', 'is not the name of a file'],
    ['no/such/a.csv', "a.csv': no such file or directory"],
    [`${'x'.repeat(300)}`, 'name too long'],
    ['a\0b', 'without null bytes'],
  ])('says why there can be none under %j', async (name, reason) => {
    await expect(writeResultFile(name && `${folder}/${name}`, 'x', { overwrite: false })).rejects.toThrow(reason);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('may have any name that the file system takes', async () => {
    for (const name of ['-', 'a\nb', '名字'.repeat(40), `${'x'.repeat(255)}`, '..csv']) {
      await writeResultFile(file(name), 'x', { overwrite: false });
      expect(readdirSync(folder)).toEqual([name]);
      rmSync(file(name));
    }
  });

  test('names the file and the reason when the disk is full, and leaves nothing', async () => {
    const result = await ResultFile.create(file('a.csv'), { overwrite: false });
    const full = await open('/dev/full', 'w');
    const prototype = Object.getPrototypeOf(full) as typeof full;
    const write = jest.spyOn(prototype, 'writeFile').mockImplementation(async () => {
      await full.write('x');
    });
    await expect(result.write('x')).rejects.toThrow(`cannot write '${file('a.csv')}': no space left on device`);
    write.mockRestore();
    await full.close();
    await result.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});
