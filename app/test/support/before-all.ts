import { statfs } from 'node:fs/promises';
import { compile } from './compiled';
import { startPostgres } from './start-postgres';

/** What Linux keeps in memory; a container has little of it. */
const memoryFolder = '/dev/shm';
const wantedBytes = 2 * 1024 ** 3;

/** What all test files share: the compiled application, and one PostgreSQL. */
export default async function prepare(): Promise<void> {
  await keepFilesInMemory();
  compile();
  await startPostgres();
}

/** Where there is room: each file copies a database of 700 files, and some make a server of their own. */
async function keepFilesInMemory(): Promise<void> {
  const memory = await statfs(memoryFolder).catch(() => undefined);
  if (memory && memory.bavail * memory.bsize > wantedBytes) process.env.TMPDIR = memoryFolder;
}
