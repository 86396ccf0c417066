import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Progress } from '../../../ops/src/cli/progress';
import { promote, withImage, withoutUnusedImport } from '../../../ops/src/deploy/promote';
import { repositoryRoot } from '../../command';
import { named as container } from '../synthesized-checkout';
import { FakeEngine } from './fake-engine';

jest.setTimeout(120_000);

const production = readFileSync(path.join(repositoryRoot, 'config/environments/production.ts'), 'utf8');
const named = { tag: '0.2.0', digest: `sha256:${'a'.repeat(64)}` };

test('a promotion changes one image of an environment, by tag and digest, and nothing else', () => {
  const changed = withImage(production, 'application', named);
  expect(changed).toContain(`/app',\n      tag: '0.2.0',\n      digest: '${named.digest}',`);
  expect(changed.replace(named.digest, '').length).toBeLessThan(production.length);
  expect(changed.match(/digest: unreleasedDigest/g)).toHaveLength(1);
  expect(withoutUnusedImport(changed)).toBe(changed);
});

test('once every image is released, nothing names the one that is not', () => {
  const changed = ['application', 'operations'].reduce((text, key) => withImage(text, key, named), production);
  expect(withoutUnusedImport(changed)).not.toContain('unreleasedDigest');
});

test('an image without a digest gets one', () => {
  expect(withImage("  application: { repository: 'app', tag: '1' },", 'application', named)).toBe(
    `  application: { repository: 'app', tag: '0.2.0', digest: '${named.digest}' },`,
  );
});

test('a file that is written otherwise is refused, with what to do', () => {
  expect(() => withImage('images: shared', 'application', named)).toThrow(`put ${named.digest} into it`);
});

describe('from one environment to another', () => {
  let engine: FakeEngine;
  let file: string;
  beforeEach(async () => {
    engine = await FakeEngine.start();
    file = path.join(engine.root, 'config/environments/production.ts');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, production);
  });
  afterEach(() => engine.stop());

  const toOther = (to: string) =>
    promote({ from: 'local', to, root: engine.root, progress: new Progress(false) }).catch((error: Error) => error);

  test('what was found good is written by its digest, and the plans are made anew', async () => {
    engine.describe(`second@${named.digest}`);
    await engine.deploy();
    expect(await toOther('production')).toMatchObject({ images: [`app:second@${named.digest}`] });
    expect(readFileSync(file, 'utf8')).toBe(withImage(production, 'application', { ...named, tag: 'second' }));
    expect(engine.told('asked').at(-1)).toContain('write-plans');
  });

  describe('with copies of its database', () => {
    const backup = {
      docker_image: { ops: { name: 'ops:described' } },
      docker_container: { backup: container('backup') },
    };
    const operations = `registry/ops@sha256:${'b'.repeat(64)}`;
    beforeEach(async () => {
      engine.describe(`second@${named.digest}`);
      await engine.deploy();
      engine.describe(`second@${named.digest}`, { backup });
      engine.tell('digests', `${operations} other/ops@sha256:${'c'.repeat(64)}`);
    });

    test('what makes them is promoted as it runs, whatever this checkout describes', async () => {
      expect(await toOther('production')).toMatchObject({ images: [`app:second@${named.digest}`, operations] });
      expect(readFileSync(file, 'utf8')).toContain(`/ops',\n      tag: '0.1.0',\n      digest: 'sha256:bbb`);
    });

    test('nothing is promoted while what makes them is not well', async () => {
      engine.tell('missing', 'stock-analysis-backup');
      expect(`${await toOther('production')}`).toContain('backup of local is missing');
      expect(readFileSync(file, 'utf8')).toBe(production);
    });
  });

  test('where the plans cannot be made, the file is as it was', async () => {
    engine.describe(`second@${named.digest}`);
    await engine.deploy();
    engine.tell('unplannable', '');
    expect(`${await toOther('production')}`).toContain('no plans');
    expect(readFileSync(file, 'utf8')).toBe(production);
  });

  test('what has no digest, or was not found good, is not written', async () => {
    expect(`${await toOther('production')}`).toContain('(nothing that stockops deployed) was not found good');
    await engine.deploy();
    expect(`${await toOther('production')}`).toContain('app:first is not named by its digest');
    expect(readFileSync(file, 'utf8')).toBe(production);
  });

  test('an environment that there is not is refused with those that there are', async () => {
    expect(`${await toOther('../environments/production')}`).toContain('allowed: local, production');
  });
});
