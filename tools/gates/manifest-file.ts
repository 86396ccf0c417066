import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './manifest';

/** Works with a file of manifests, without the long texts of configuration files, which no tool here reads. */
export async function withFile<T>(manifests: readonly Manifest[], work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    const file = join(folder, 'manifests.yaml');
    const short = manifests.map((manifest) => (manifest.kind === 'ConfigMap' ? { ...manifest, data: {} } : manifest));
    writeFileSync(file, short.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
    return await work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
