import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { typescript } from '../../../app/test/support/typescript';
import { runAttached } from '../../../ops/src/place/attached';
import type { Place } from '../../../ops/src/place/place';
import { runTool } from '../../../ops/src/place/tool';
import { repositoryRoot } from '../../command';

/** A place that runs a shell's words where a component would run `stockops`. */
const placeOf = (script: string): Place =>
  ({
    run: (component, [, given = '', , ...words], options) =>
      runTool('sh', ['-c', `${given}; ${script}`, component, ...words], options),
  }) as Partial<Place> as Place;

const never = new AbortController().signal;

test('what is run there is told that it has to stop with its input, and how it ended is answered', async () => {
  const place = placeOf('echo "$0 $* $STOCKOPS_UNTIL_INPUT_ENDS"; echo "one line" >&2; echo another >&2; exit 3');
  const told: string[] = [];
  const ended = await runAttached(place, 'backup', ['maintain'], { signal: never, tell: (line) => told.push(line) });
  expect(ended).toMatchObject({ status: 3, output: 'backup maintain yes\n' });
  expect(told).toEqual(['one line', 'another']);
});

test('who stops it ends its input, and hears what it still has to say', async () => {
  const stopping = new AbortController();
  const place = placeOf('echo begun >&2; read line; echo taken back; exit 1');
  const tell = () => stopping.abort(new Error('stopped by SIGINT'));
  const ended = await runAttached(place, 'backup', ['maintain'], { signal: stopping.signal, tell });
  expect(ended).toMatchObject({ status: 1, output: 'taken back\n' });
  await expect(runAttached(place, 'backup', [], { signal: stopping.signal })).rejects.toThrow('stopped by SIGINT');
});

test('a command that is to stop with its input does, and one that has ended does not wait for it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'attached-'));
  writeFileSync(path.join(folder, 'stock-analysis.log'), '');
  const begin = (...words: string[]) =>
    spawn(process.execPath, [...typescript, path.join(repositoryRoot, 'ops/src/stockops.ts'), ...words], {
      env: { PATH: process.env.PATH, STOCK_FOLDER: folder, STOCKOPS_UNTIL_INPUT_ENDS: 'yes' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  try {
    const following = begin('logs', 'embedded', '--follow');
    const done = begin('logs', 'embedded');
    expect(await once(done, 'exit')).toEqual([0, null]);
    await sleep(100);
    expect(following.exitCode).toBeNull();
    following.stdin?.end();
    expect(await once(following, 'exit')).toEqual([0, null]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
