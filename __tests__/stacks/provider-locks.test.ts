import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeProviderLock } from '../../stacks/provider-locks';

const folder = mkdtempSync(join(tmpdir(), 'locks-'));
const written = join(folder, 'out/stacks/dev-data/.terraform.lock.hcl');
beforeAll(() => mkdirSync(join(folder, 'out/stacks/dev-data'), { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

test('the lock file of a stack is where Terraform looks for it, in the place of what was there', () => {
  writeFileSync(written, 'of a run');
  writeFileSync(join(folder, 'dev-data.lock.hcl'), 'committed');
  placeProviderLock('dev-data', join(folder, 'out'), folder);
  expect(readFileSync(written, 'utf8')).toBe('committed');
});

test('without one, what Terraform wrote itself stays', () => {
  rmSync(join(folder, 'dev-data.lock.hcl'));
  writeFileSync(written, 'of a run');
  placeProviderLock('dev-data', join(folder, 'out'), folder);
  expect(readFileSync(written, 'utf8')).toBe('of a run');
});
