import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkoutFolder, withCheckout } from '../../../ops/src/place/claimed-checkout';

const root = mkdtempSync(join(tmpdir(), 'checkout-'));
const claim = join(checkoutFolder(root), 'process-id');
afterAll(() => rmSync(root, { recursive: true }));

test('a checkout is given back, also by work that fails', async () => {
  await expect(withCheckout(root, () => Promise.reject(new Error('no engine')))).rejects.toThrow('no engine');
  expect(existsSync(claim)).toBe(false);
});

test('while stockops works in a checkout, however it was started, another one is refused', async () => {
  mkdirSync(checkoutFolder(root), { recursive: true });
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)', 'stockops.js']);
  try {
    await once(other, 'spawn');
    writeFileSync(claim, `${other.pid}`);
    await expect(withCheckout(root, async () => undefined)).rejects.toThrow(
      'another deployment works in this checkout',
    );
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
  // Of one that was killed nothing stays in the way.
  await expect(withCheckout(root, async () => 'worked')).resolves.toBe('worked');
});

test('a checkout that cannot be written is named, with what to do', async () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  await expect(withCheckout(file, async () => undefined)).rejects.toThrow(
    /a-file\/\.local\/deploy cannot be written: ENOTDIR.*use another checkout/,
  );
});
