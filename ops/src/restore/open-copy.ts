import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { decryptInto } from '../backup/encryption';
import type { Manifest } from '../backup/manifest';
import type { Store } from '../backup/store';
import { verifyCopy } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';

export interface OpenOptions {
  /** Folder for what is read of a store elsewhere, or decrypted. */
  work: string;
  /** Private key of age. */
  identity: string | undefined;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Works with the files of a copy in clear, each of them read and compared with the manifest before.
 *
 * @throws Refusal when one was changed, or cannot be decrypted
 */
export async function withOpenCopy<T>(
  store: Store,
  manifest: Manifest,
  options: OpenOptions,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { progress, signal, identity } = options;
  const isEncrypted = manifest.recipients.length > 0;
  if (isEncrypted && !identity) {
    throw new Refusal(
      `copy ${manifest.id} is encrypted for ${manifest.recipients.join(', ')}; give the private key of one of them in BACKUP_AGE_IDENTITY_FILE`,
    );
  }
  const { state, problems } = await progress.step('verifying the copy', (tell) =>
    verifyCopy(store, manifest.id, tell, signal),
  );
  if (state !== 'verified') {
    throw new Refusal(`copy ${manifest.id} is damaged: ${problems.join('; ')}; take another: stockops backup list`);
  }
  const there = store.folderOf(manifest.id);
  if (there !== undefined && !isEncrypted) return work(there);
  await mkdir(options.work, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(options.work, 'opened-'));
  try {
    await progress.step('opening the copy', async (tell) => {
      for (const [index, { path: file }] of manifest.files.entries()) {
        tell(`${index + 1} of ${manifest.files.length} files`);
        const stored = await store.read(`${manifest.id}/${file}`);
        if (isEncrypted) await decryptInto(folder, file, stored, identity as string, signal);
        else {
          await mkdir(path.dirname(path.join(folder, file)), { recursive: true, mode: 0o700 });
          await pipeline(stored, createWriteStream(path.join(folder, file), { mode: 0o600 }), { signal });
        }
      }
    });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
