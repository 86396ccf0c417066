import { mkdir } from 'node:fs/promises';
import { EmbeddedPostgres } from '../../../app/src/embedded/postgres';
import { removeFolder } from './owned-folder';
import { makeScratchFolder, type ScratchOptions, type ScratchServer } from './scratch-server';

/** Works with a PostgreSQL of its own from the programs of the embedded product, and leaves nothing of it. */
export async function withEmbeddedScratch<T>(
  { work, signal }: ScratchOptions,
  use: (server: ScratchServer) => Promise<T>,
): Promise<T> {
  // Whoever runs a server that root has started must be able to pass through.
  await mkdir(work, { recursive: true });
  const folder = await makeScratchFolder(work);
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
    await removeFolder(folder);
  }
}
