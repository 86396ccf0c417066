import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedPostgres } from '../../../app/src/embedded/postgres';
import type { ScratchOptions, ScratchServer } from './scratch-server';

/** Works with a PostgreSQL of its own from the programs of the embedded product, and leaves nothing of it. */
export async function withEmbeddedScratch<T>(
  { work, signal }: ScratchOptions,
  use: (server: ScratchServer) => Promise<T>,
): Promise<T> {
  await mkdir(work, { recursive: true });
  const folder = await mkdtemp(path.join(work, 'scratch-'));
  try {
    const settings = { shared_buffers: '32MB', fsync: 'off', autovacuum: 'off' };
    const server = await EmbeddedPostgres.start({ folder, settings, ...(signal && { signal }) });
    try {
      return await use({
        as: (database) => ({ DATABASE_URL: server.url(database), DATABASE_PASSWORD: server.password }),
      });
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
