import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BenchError, run } from './child';

const requirements = path.join(__dirname, 'baseline', 'requirements.txt');
const folder = path.join(__dirname, '.work', 'venv');
const oldestMinor = 11;

/** The interpreter of a virtual environment with the baseline's packages; made at first use and when they change. */
export async function preparePython(log: (line: string) => void): Promise<{ python: string; version: string }> {
  const found = await run('python3', 'python3', ['--version']).catch(() => '');
  const version = /Python 3\.(\d+)\S*/.exec(found);
  if (!version || Number(version[1]) < oldestMinor) {
    throw new BenchError(
      `the baseline needs python3 3.${oldestMinor} or newer on PATH; found ${found.trim() || 'none'}`,
    );
  }
  const python = path.join(folder, 'bin', 'python');
  const stampFile = path.join(folder, 'made-from');
  const stamp = createHash('sha256')
    .update(version[0])
    .update(await readFile(requirements))
    .digest('hex');
  if (existsSync(python) && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp) {
    return { python, version: version[0] };
  }
  log('making the virtual environment of the baseline');
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await run('python3 -m venv', 'python3', ['-m', 'venv', folder]);
  await run('pip install', python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--only-binary', ':all:', '--no-deps', '--requirement', requirements],
  ]);
  await writeFile(stampFile, stamp);
  return { python, version: version[0] };
}
