import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mostRejects, RejectsFile } from '../../src/import/rejects-file';

const row = { line: 2, rule: 'not_a_number', reason: 'vol "x" is not a number', text: 'a,"b"' };

describe('a file of rejected rows', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-rejects-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const prepare = (file?: string) =>
    RejectsFile.prepare({
      file,
      importedFile: path.join(folder, 'd.csv'),
      input: { dev: 0, ino: 0 },
      overwrite: false,
    });

  test('is CSV, named after the imported file, and there only once it is whole', async () => {
    const rejects = await prepare();
    await rejects.write([row]);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^d\.csv\.rejects\.csv\.[0-9a-f]{8}\.part$/)]);
    await rejects.keep();
    expect(rejects.name).toBe(path.join(folder, 'd.csv.rejects.csv'));
    expect(readFileSync(path.join(folder, 'd.csv.rejects.csv'), 'utf8')).toBe(
      'line,rule,reason,row\n2,not_a_number,"vol ""x"" is not a number","a,""b"""\n',
    );
  });

  test('does not exist without rows, even under a name that was chosen', async () => {
    for (const file of [undefined, path.join(folder, 'bad.csv')]) {
      const rejects = await prepare(file);
      await rejects.write([]);
      await rejects.keep();
      expect(rejects.name).toBeNull();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test('takes the first name that is free', async () => {
    for (const name of ['d.csv.rejects.csv', 'd.csv.rejects-2.csv', 'd.csv.rejects-3.csv']) {
      const rejects = await prepare();
      await rejects.write([row]);
      await rejects.keep();
      expect(rejects.name).toBe(path.join(folder, name));
    }
  });

  test('ends after so many rows, and says how many it has', async () => {
    const rejects = await prepare();
    await rejects.write(Array.from({ length: mostRejects.rows - 1 }, () => row));
    await rejects.write([row, row, row]);
    await rejects.write([row]);
    await rejects.keep();
    expect(rejects.written).toBe(mostRejects.rows);
    const content = readFileSync(path.join(folder, 'd.csv.rejects.csv'), 'utf8');
    expect(content.split('\n')).toHaveLength(mostRejects.rows + 2);
  });

  test('ends after so many bytes', async () => {
    const rejects = await prepare();
    const large = { ...row, text: 'x'.repeat(1024 * 1024) };
    for (let rows = 0; rows < 70; rows++) await rejects.write([large]);
    await rejects.keep();
    expect(rejects.written).toBe(64);
    const { size } = statSync(path.join(folder, 'd.csv.rejects.csv'));
    expect(size).toBeLessThan(mostRejects.bytes + 2 * large.text.length);
  });

  test('leaves one that appears meanwhile alone', async () => {
    const rejects = await prepare();
    await rejects.write([row]);
    writeFileSync(path.join(folder, 'd.csv.rejects.csv'), 'precious');
    await expect(rejects.keep()).rejects.toThrow('exists; name another file');
    expect(readFileSync(path.join(folder, 'd.csv.rejects.csv'), 'utf8')).toBe('precious');
    expect(readdirSync(folder)).toEqual(['d.csv.rejects.csv']);
  });
});
