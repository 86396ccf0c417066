import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Case, run, type Setting } from './case';
import { copiesIn, manifestIn } from './copies';

/** Damages the oldest copy; verifying has to say so, and that the other is well. */
const damaged = (
  name: string,
  damage: (folder: string, largest: string, setting: Setting) => void,
  problem: RegExp,
): Case => ({
  name,
  damages: true,
  async run(setting) {
    const [id = '', other] = copiesIn(setting.store);
    const [file] = manifestIn(setting.store, id).files.sort((a, b) => b.bytes - a.bytes);
    damage(path.join(setting.store, id), file?.path ?? '', setting);
    const { exitCode, stdout } = await run(setting, ['backup', 'verify', '--json']);
    assert.equal(exitCode, 1);
    const { copies } = JSON.parse(stdout) as { copies: { id: string; state: string; problems: string[] }[] };
    assert.deepEqual(
      copies.map((copy) => [copy.id, copy.state]),
      [
        [id, 'damaged'],
        [other, 'verified'],
      ],
    );
    const [said = ''] = copies[0]?.problems ?? [];
    assert.match(said, problem);
    if (/is not|has|missing/.test(problem.source) && file) assert.match(said, /manifest|database\//);
    const one = await run(setting, ['backup', 'verify', id]);
    assert.equal(one.exitCode, 1);
    assert.match(one.stdout, problem);
    const list = await run(setting, ['backup', 'list']);
    assert.equal(list.exitCode, 0);
    assert.match(list.stdout, new RegExp(`${id}.*(damaged|manifest)`));
    return `1: ${said.replace(id, 'ID')}`;
  },
});

const change = (file: string, changed: (text: string) => string): void =>
  writeFileSync(file, changed(readFileSync(file, 'utf8')));

export const damageCases = [
  damaged(
    'a file is cut off',
    (folder, largest) => truncateSync(path.join(folder, largest), 1_000),
    /has 1000 bytes, \d+ were written/,
  ),
  damaged(
    'one bit of a file is another',
    (folder, largest, { random }) => {
      const bytes = readFileSync(path.join(folder, largest));
      const at = Math.floor(random() * bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
      writeFileSync(path.join(folder, largest), bytes);
    },
    /is not what was written/,
  ),
  damaged('a file is gone', (folder, largest) => rmSync(path.join(folder, largest)), /is missing/),
  damaged(
    'the manifest says other rows',
    (folder) => change(path.join(folder, 'manifest.json'), (text) => text.replace(/"rows": \d+/, '"rows": 1234567')),
    /its manifest does not fit its own sum/,
  ),
  damaged(
    'the manifest is cut off',
    (folder) => truncateSync(path.join(folder, 'manifest.json'), 100),
    /its manifest is not JSON/,
  ),
  damaged(
    'the manifest is empty',
    (folder) => truncateSync(path.join(folder, 'manifest.json'), 0),
    /its manifest is not JSON/,
  ),
];
