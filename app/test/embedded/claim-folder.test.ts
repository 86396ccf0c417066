import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claimFolder } from '../../src/embedded/claim-folder';

const noProcess = String(2 ** 30);

describe('the claim of a folder by a program that has ended', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'claim-'));
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const claimed = (folder: string): string => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'process-id'), noProcess);
    return folder;
  };

  test('is taken over', async () => {
    const release = await claimFolder(claimed(path.join(parent, 'folder')));
    await release();
  });

  test('is an error where it cannot be taken away, as on a disk that is read only', async () => {
    // Longer than Linux lets a path be, once the old claim has another name.
    const room = 4_095 - path.join(parent, 'process-id').length - 1;
    const names = Array.from({ length: Math.floor(room / 200) }, () => 'n'.repeat(199));
    await expect(claimFolder(claimed(path.join(parent, ...names, 'n'.repeat(room % 200))))).rejects.toThrow(
      'ENAMETOOLONG',
    );
  });
});
