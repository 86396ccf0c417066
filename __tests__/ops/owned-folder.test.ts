import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeOwnedFolder } from '../../ops/src/drill/owned-folder';

describe('a folder that belongs to a process', () => {
  let above: string;
  beforeEach(() => {
    above = mkdtempSync(path.join(tmpdir(), 'owned-folder-'));
  });
  afterEach(() => rmSync(above, { recursive: true }));

  test('stays while its process is at work, whoever else makes one', async () => {
    const first = await makeOwnedFolder(above, 'restore-');
    writeFileSync(path.join(first, 'rows'), '');
    const second = await makeOwnedFolder(above, 'restore-');
    expect(readdirSync(above).sort()).toEqual([first, second].map((folder) => path.basename(folder)).sort());
  });

  test('is removed by the next one once its process is no longer, after what worked there is ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const left = path.join(above, `restore-${child.pid}-4711-abcdef`);
    mkdirSync(left);
    const ended: string[] = [];
    const made = await makeOwnedFolder(above, 'restore-', async (folder) => void ended.push(folder));
    expect(ended).toEqual([left]);
    expect(readdirSync(above)).toEqual([path.basename(made)]);
  });

  test('is not kept by another process that has the number of its own', async () => {
    mkdirSync(path.join(above, `restore-${process.pid}-1-abcdef`));
    const made = await makeOwnedFolder(above, 'restore-');
    expect(readdirSync(above)).toEqual([path.basename(made)]);
  });

  test('leaves what is called otherwise as it is', async () => {
    writeFileSync(path.join(above, 'maintenance.json'), '{}');
    await makeOwnedFolder(above, 'restore-');
    expect(readdirSync(above)).toContain('maintenance.json');
  });
});
