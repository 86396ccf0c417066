import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './child';

const repository = path.join(__dirname, '..');

/**
 * Compiles the application as its image does, into a folder of the benchmark's own, so that an edit made meanwhile
 * does not change what is measured.
 *
 * @param folder must be inside the repository, where the application's packages are found
 * @returns the file that is the `stock` command
 */
export async function buildApplication(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await cp(path.join(repository, 'app', 'package.json'), path.join(folder, 'package.json'));
  for (const part of ['migrations', 'web']) {
    await cp(path.join(repository, 'app', part), path.join(folder, part), { recursive: true });
  }
  await run('compiling the application', process.execPath, [
    path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...['--project', path.join(repository, 'app', 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')],
  ]);
  return path.join(folder, 'dist', 'stock.js');
}
