import { cpSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { type Cleanup, run } from '../../bench/child';

const repository = path.join(__dirname, '..', '..');
const operations = path.join(repository, 'ops');

/**
 * Compiles stockops as its image has it (ops/Dockerfile), inside the repository, where its packages are found.
 *
 * @returns words by which Node runs it
 */
export async function compileStockops(cleanup: Cleanup): Promise<string[]> {
  const folder = mkdtempSync(path.join(operations, '.compiled-'));
  cleanup.addFolder(folder);
  await run('compiling stockops', process.execPath, [
    path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...['--project', path.join(operations, 'tsconfig.build.json'), '--outDir', folder],
  ]);
  for (const part of ['app/package.json', 'app/migrations', 'app/database', 'ops/package.json']) {
    cpSync(path.join(repository, part), path.join(folder, part), { recursive: true });
  }
  return [path.join(folder, 'ops', 'src', 'stockops.js')];
}
