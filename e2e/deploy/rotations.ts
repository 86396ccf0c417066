import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyRepository } from '../repository-copy';
import { type Ended, type Running, stockops } from './stockops';

/** One of each kind, and when a run of the first is killed: clients are being started again then. */
const secrets: readonly { name: string; killed?: Running }[] = [
  { name: 'postgres.app', killed: { killIn: 6, killAfterMilliseconds: 10_000 } },
  { name: 'cache.api' },
  { name: 'queue.worker' },
  { name: 'api.secretKey' },
];

/**
 * Makes one secret of each kind anew, the first of them in a run that is killed and another that goes on. Each changes files, which are
 * committed in a copy of the repository.
 *
 * @param image of the application that runs
 * @returns the last, with what all of them said; the first that ended otherwise is the last
 */
export async function rotateOneOfEach(environment: string, image: string): Promise<Ended> {
  const root = mkdtempSync(join(tmpdir(), 'rotated-'));
  const git = (...words: string[]) => {
    const who = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com'];
    execFileSync('git', [...who, ...words], { cwd: root, stdio: 'ignore' });
  };
  try {
    copyRepository(root);
    git('init');
    git('add', '--all');
    git('commit', '--message', 'As it is');
    let said = '';
    for (const { name, killed } of secrets) {
      const words = ['rotate', name, environment, '--confirm', environment];
      const began = performance.now();
      if (killed) await stockops(words, { root, image, ...killed });
      const ended = await stockops(words, { root, image });
      said += ended.said;
      console.error(`${name}: ${Math.round((performance.now() - began) / 1000)} s`);
      if (ended.status !== 0) return { ...ended, said };
      git('commit', '--all', '--message', `Another ${name}`);
    }
    return { status: 0, signal: null, said };
  } finally {
    rmSync(root, { recursive: true });
  }
}
