import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { CertificateAuthority } from '../../app/test/support/certificates';
import type { Cleanup } from '../../bench/child';
import { accessKey, bucket, S3Server, secretKey } from '../backup/s3-server';
import { run } from '../terraform';

const root = join(__dirname, '../..');
const environmentFile = 'config/environments/local.ts';
const caFile = 'config/certificates/of-the-run.pem';
const prefix = 'stock/local';

/**
 * Runs this program in a checkout of its own, whose environment keeps encrypted copies in a bucket, by TLS.
 *
 * @param program a versitygw
 * @returns the exit status
 */
export async function runWithABucket(program: string, words: readonly string[], cleanup: Cleanup): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'disaster-'));
  cleanup.addFolder(folder);
  // What containers reach this machine by.
  const address = run('docker', [
    'network',
    'inspect',
    'bridge',
    '--format',
    '{{(index .IPAM.Config 0).Gateway}}',
  ]).trim();
  const authority = new CertificateAuthority('CA of the run');
  const served = join(folder, 'served');
  mkdirSync(served);
  const server = await S3Server.start(program, served, cleanup, authority.issue([address]), address);
  const [ours, others] = [await generateX25519Identity(), await generateX25519Identity()];
  const recipients = await Promise.all([ours, others].map(identityToRecipient));
  const checkout = join(folder, 'checkout');
  copyCheckout(checkout);
  mkdirSync(join(checkout, 'config/certificates'), { recursive: true });
  writeFileSync(join(checkout, caFile), authority.certificate);
  keepCopiesInABucket(join(checkout, environmentFile), server.endpoint, recipients);
  const given = { BACKUP_S3_ACCESS_KEY: accessKey, BACKUP_S3_SECRET_KEY: secretKey, BACKUP_AGE_IDENTITY: ours };
  return ended(checkout, words, given);
}

/** What git has here, and what is new. */
function copyCheckout(folder: string): void {
  mkdirSync(folder);
  const files = run('git', ['ls-files', '--cached', '--others', '--exclude-standard']).trim();
  const list = join(folder, '..', 'files');
  writeFileSync(list, files);
  const archive = join(folder, '..', 'checkout.tar');
  run('tar', ['--create', `--file=${archive}`, `--files-from=${list}`]);
  run('tar', ['--extract', `--file=${archive}`, '--directory', folder]);
  for (const modules of ['node_modules', 'app/node_modules']) symlinkSync(join(root, modules), join(folder, modules));
}

function keepCopiesInABucket(file: string, endpoint: string, ageRecipients: readonly string[]): void {
  const text = readFileSync(file, 'utf8');
  const s3 = { bucket, prefix, region: 'us-east-1', endpoint, caFile };
  const changed = text.replace(
    'backup: {',
    `backup: { ageRecipients: ${JSON.stringify(ageRecipients)}, s3: ${JSON.stringify(s3)},`,
  );
  assert.notEqual(changed, text, `${file} has a backup`);
  writeFileSync(file, changed);
}

/** Runs it, and keeps the signals of the terminal for it. */
function ended(cwd: string, words: readonly string[], given: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn('node', ['--import', 'tsx', 'e2e/disaster/main.ts', ...words], {
    cwd,
    env: { ...process.env, ...given },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
}
