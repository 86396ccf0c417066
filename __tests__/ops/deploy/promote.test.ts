import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withImage, withoutUnusedImport } from '../../../ops/src/deploy/promote';
import { repositoryRoot } from '../../command';

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
