import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeOwnedFolder } from '../../../ops/src/drill/owned-folder';
import { checkoutLeftovers } from '../../../ops/src/maintain/leftovers/checkout-leftovers';
import { takeAway } from '../../../ops/src/maintain/leftovers/leftover';
import { temporaryLeftovers } from '../../../ops/src/maintain/leftovers/temporary-leftovers';
import { workLeftovers } from '../../../ops/src/maintain/leftovers/work-leftovers';

const never = new AbortController().signal;
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'leftovers-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A file in a folder of its own, both changed so long ago. */
function write(file: string, days: number): string {
  const at = path.join(root, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, 'x'.repeat(100));
  for (const changed of [at, path.dirname(at)]) utimesSync(changed, daysAgo(days), daysAgo(days));
  return at;
}

const named = (found: readonly { path: string; stays?: string }[]) =>
  found.map((each) => [path.relative(root, each.path), each.stays]);

test('of a checkout goes what is old and made again; a state that Terraform could not store, and the work of others, stay', async () => {
  write('cdktf.out/stacks/dev-data/cdk.tf.json', 40);
  write('cdktf.out/stacks/dev-platform/cdk.tf.json', 2);
  write('cdktf.out/stacks/dev-backup/errored.tfstate', 2);
  write('cdktf.out/stacks/notes/mine.txt', 40);
  write('.local/deploy/dev/dev-data.log', 40);
  write('.local/deploy/dev/dev-backup.log', 2);
  write('.local/state/dev-data.tfstate', 400);
  write('.local/secrets/dev/api/secret-key', 400);
  const found = await checkoutLeftovers(root);
  expect(named(found)).toEqual([
    ['cdktf.out/stacks/dev-backup', expect.stringContaining('it has errored.tfstate')],
    ['cdktf.out/stacks/dev-data', undefined],
    ['cdktf.out/stacks/notes', expect.stringContaining('somebody else made it')],
    ['.local/deploy/dev/dev-data.log', undefined],
  ]);
  expect((await takeAway(found, never)).map(({ bytes }) => bytes)).toEqual([expect.any(Number), 100]);
  const isThere = (file: string) => existsSync(path.join(root, file));
  expect(['cdktf.out/stacks/dev-data', '.local/deploy/dev/dev-data.log'].map(isThere)).toEqual([false, false]);
  const kept = [
    'cdktf.out/stacks/dev-backup',
    'cdktf.out/stacks/notes',
    '.local/state',
    '.local/secrets/dev/api/secret-key',
  ];
  expect(kept.map(isThere)).toEqual([true, true, true, true]);
  expect(await checkoutLeftovers(path.join(root, 'nowhere'))).toEqual([]);
});

test('folders of looks that were killed are known by all that is in them', async () => {
  write('stockops-abcDE1/manifest.json', 3);
  write('stockops-abcDE2/manifest.json', 0);
  write('stockops-abcDE3/mine.txt', 3);
  write('stockops-other/manifest.json', 3);
  symlinkSync(root, path.join(root, 'stockops-abcDE4'));
  expect(named(await temporaryLeftovers(root))).toEqual([
    ['stockops-abcDE1', undefined],
    ['stockops-abcDE2', expect.stringContaining('it may be in use')],
  ]);
});

test('copies in clear are left by processes that are no more; one that is at work keeps its own', async () => {
  write('opened-999999999-1-abcdef/rows', 0);
  write('drill/opened-Ab12cd/rows', 0);
  write('drill/scratch-999999999-1-abcdef/password', 0);
  write('points/7/000000010000000000000001', 90);
  const mine = await makeOwnedFolder(path.join(root, 'recover'), 'opened-');
  const found = await workLeftovers(root);
  expect(named(found)).toEqual([
    ['opened-999999999-1-abcdef', undefined],
    ['drill/opened-Ab12cd', undefined],
    ['drill/scratch-999999999-1-abcdef', expect.stringContaining('the next drill ends it')],
  ]);
  await takeAway(found, never);
  expect(existsSync(mine)).toBe(true);
  expect(named(await workLeftovers(root))).toHaveLength(1);
});

test('who stops it keeps what has not gone yet', async () => {
  write('opened-1-1-a/rows', 0);
  const stopped = AbortSignal.abort(new Error('stopped by SIGINT'));
  await expect(takeAway(await workLeftovers(root), stopped)).rejects.toThrow('stopped by SIGINT');
  expect(await workLeftovers(root)).toHaveLength(1);
});
