import assert from 'node:assert/strict';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeManifest } from '../../ops/src/backup/manifest';
import { canMount, SmallDisk } from '../faults/small-disk';
import { type Case, create, NotRun, refused, run, type Setting } from './case';
import { copiesIn, defectsOf, othersIn } from './copies';
import { accountOf } from './postgres';
import { stockops } from './stockops';

const making = ['backup', 'create'];

const fullDisk: Case = {
  name: 'the disk of the store is full',
  async run(setting) {
    if (!canMount()) throw new NotRun('only root may mount a small disk');
    const disk = new SmallDisk(path.join(setting.folder, 'disk'), 64);
    try {
      const store = path.join(disk.folder, 'store');
      cpSync(setting.store, store, { recursive: true });
      disk.fill();
      const seen = await refused(setting, making, 1, /No space left on device|ENOSPC/, { BACKUP_STORE: store });
      assert.deepEqual(othersIn(store), []);
      for (const id of copiesIn(store)) assert.deepEqual(defectsOf(store, id), []);
      assert.equal(copiesIn(store).length, 2);
      disk.free();
      await create(setting, { BACKUP_STORE: store });
      return `${seen}; nothing left, and the next is whole once there is room`;
    } finally {
      disk.unmount();
    }
  },
};

const notMounted: Case = {
  name: 'the store is not mounted',
  async run(setting) {
    const empty = path.join(setting.folder, 'mount point');
    mkdirSync(empty);
    const seen = await refused(setting, making, 1, /its volume is not mounted, or it is new/, { BACKUP_STORE: empty });
    for (const words of [['list'], ['verify'], ['prune', '--delete']]) {
      await refused(setting, ['backup', ...words], 1, /its volume is not mounted/, { BACKUP_STORE: empty });
    }
    assert.deepEqual(readdirSync(empty), []);
    return seen;
  },
};

const ofAnother: Case = {
  name: "the store is another environment's",
  async run(setting) {
    const changes = { STOCK_ENVIRONMENT: 'production' };
    await refused(
      setting,
      ['backup', 'prune', '--delete'],
      1,
      /keeps copies of "trial", this is "production"/,
      changes,
    );
    return refused(setting, making, 1, /keeps copies of "trial", this is "production"/, changes);
  },
};

const oddNames = ['with spaces', '备份', `"quoted" and 'so'`, '$(touch x); *', '-dash'];

const oddPlace: Case = {
  name: 'the store is in a folder of odd names',
  async run(setting) {
    for (const name of oddNames) {
      const BACKUP_STORE = path.join(setting.folder, name, 'store');
      const BACKUP_WORK = path.join(setting.folder, name, 'work');
      assert.equal((await run(setting, ['backup', 'init'], { BACKUP_STORE })).exitCode, 0);
      await create(setting, { BACKUP_STORE, BACKUP_WORK });
    }
    return `0 in each of ${oddNames.map((name) => JSON.stringify(name)).join(', ')}`;
  },
};

const readOnly: Case = {
  name: 'the store may only be read',
  async run(setting) {
    const nobody = accountOf('nobody');
    if (process.getuid?.() === 0 && !nobody) throw new NotRun('there is no user nobody');
    const account = process.getuid?.() === 0 ? nobody : undefined;
    chmodSync(setting.store, 0o555);
    try {
      for (const words of [making, [...making, '--json']]) {
        const { exitCode, stderr } = await stockops(words, setting.variables, account);
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, /cannot be (read|written)/);
      }
      const { stderr } = await stockops(making, setting.variables, account);
      return `3: ${stderr.trim().split('\n').at(-1)}`;
    } finally {
      chmodSync(setting.store, 0o755);
    }
  },
};

const asOthers: Case = {
  name: 'run as root, and as a user of no rights',
  async run(setting) {
    if (process.getuid?.() !== 0) throw new NotRun('only root may run it as another');
    await create(setting);
    const nobody = accountOf('nobody');
    if (!nobody) throw new NotRun('there is no user nobody');
    const own = path.join(setting.folder, 'of nobody');
    mkdirSync(own);
    chownSync(own, nobody.uid, nobody.gid);
    const variables = {
      ...setting.variables,
      BACKUP_STORE: path.join(own, 'store'),
      BACKUP_WORK: path.join(own, 'work'),
    };
    for (const words of [['init'], ['create'], ['verify'], ['list']]) {
      const { exitCode, stderr } = await stockops(['backup', ...words], variables, nobody);
      assert.equal(exitCode, 0, stderr);
    }
    for (const id of copiesIn(variables.BACKUP_STORE)) assert.deepEqual(defectsOf(variables.BACKUP_STORE, id), []);
    return '0 as both';
  },
};

const clockBehind: Case = {
  name: "the server's clock is behind the newest copy",
  async run(setting) {
    const id = '20990101T000000Z-ffffff';
    const [, newest = ''] = copiesIn(setting.store);
    const from = path.join(setting.store, newest);
    const to = path.join(setting.store, id);
    cpSync(from, to, { recursive: true });
    const { sha256, ...manifest } = JSON.parse(readFileSync(path.join(from, 'manifest.json'), 'utf8'));
    const text = writeManifest({ ...manifest, id, snapshotAt: '2099-01-01T00:00:00.000Z' });
    writeFileSync(path.join(to, 'manifest.json'), text);
    const seen = await refused(setting, making, 1, /is of 2099-01-01.*correct the clock.*--despite-clock/);
    await create(setting, {}, ['--despite-clock']);
    const { stdout } = await run(setting, ['backup', 'prune', '--json']);
    const { copies } = JSON.parse(stdout) as { copies: { id: string; isKept: boolean }[] };
    assert.equal(copies.find((copy) => copy.id === id)?.isKept, true);
    rmSync(to, { recursive: true });
    return `${seen.replace(/\d{4}-[\dT:.-]+Z/, 'NOW')}; made with --despite-clock`;
  },
};

const pruned: Case = {
  name: 'pruned: told first, done when told to',
  damages: true,
  async run(setting: Setting) {
    for (let number = 0; number < 3; number++) await create(setting);
    const ids = copiesIn(setting.store);
    const only = { BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0', BACKUP_KEEP_MONTHLY: '0' };
    const told = await run(setting, ['backup', 'prune'], only);
    assert.match(told.stdout, /2 would be removed; remove them: stockops backup prune --delete/);
    assert.deepEqual(copiesIn(setting.store), ids);
    const done = await run(setting, ['backup', 'prune', '--delete'], only);
    assert.equal(done.exitCode, 0);
    assert.deepEqual(copiesIn(setting.store), ids.slice(2));
    return '5 copies, 2 would be removed; then 3 are left';
  },
};

export const storeCases = [fullDisk, notMounted, ofAnother, oddPlace, readOnly, asOthers, clockBehind, pruned];
