import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { type Account, accountOf } from '../backup/postgres';
import { markdownTable } from '../markdown-table';
import { runWithCleanup } from '../run-with-cleanup';
import { BundledServer } from './bundled-server';
import { shortWalk, type Walk, wholeWalk } from './chapters';
import { Operator } from './operator';

const { values: options } = parseArgs({
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    data: { type: 'string' },
    years: { type: 'string', default: '0' },
    measure: { type: 'boolean', default: false },
    calm: { type: 'boolean', default: false },
  },
});

const gibibyte = 1024 ** 3;

/** A folder that stands for the volumes, with those of the workload `backup`. */
function makeFolder(cleanup: Cleanup, account: Account | undefined): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'stock-upgrade-'));
  cleanup.addFolder(folder);
  chmodSync(folder, 0o755);
  for (const name of ['store', 'work']) {
    mkdirSync(path.join(folder, name));
    if (account) chownSync(path.join(folder, name), account.uid, account.gid);
  }
  return folder;
}

/** An upgrade of the bundled PostgreSQL with two real servers, and back. See docs/end-to-end.md. */
async function main(cleanup: Cleanup): Promise<void> {
  const { from, to } = options;
  assert.ok(from && to, 'name the folders of the programs of PostgreSQL 17 and of 18: --from FOLDER --to FOLDER');
  const account = process.getuid?.() === 0 ? (accountOf('postgres') ?? accountOf('nobody')) : undefined;
  const folder = makeFolder(cleanup, account);
  const port = await freePort();
  const side = (major: number, volume: string, programs: string) => {
    const server = new BundledServer({ programs, folder, port, account, cleanup });
    return { major, volume, server, operator: new Operator({ programs, server, folder, account }) };
  };
  const walk: Walk = {
    old: side(17, 'data', from),
    fresh: side(18, 'data-18', to),
    data: options.data,
    years: Number(options.years),
    facts: [],
    bytes: 0,
    stoppedSeconds: 0,
  };
  const rows: string[][] = [];
  const chapters = options.measure ? shortWalk : wholeWalk.filter(({ kills }) => !(options.calm && kills));
  for (const { name, run } of chapters) {
    const started = performance.now();
    const seen = await run(walk);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`${seconds} s  ${name}: ${seen}\n`);
    rows.push([name, seconds, seen]);
  }
  console.log(markdownTable(['Chapter', 's', 'Seen'], rows));
  const size = walk.bytes / gibibyte;
  const perGiB = (walk.stoppedSeconds / size).toFixed(0);
  console.log(
    `\nstopped for ${walk.stoppedSeconds.toFixed(1)} s beside the two deployments: ${perGiB} s for each of ${size.toFixed(2)} GiB`,
  );
}

runWithCleanup(main);
