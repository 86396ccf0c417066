import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderShelf } from '../../../ops/src/ledger/folder-shelf';
import { freezeFor, requireNotFrozen, unfreeze } from '../../../ops/src/ledger/freeze';
import { type Holder, Lock, lockHolder } from '../../../ops/src/ledger/lock';

let shelf: FolderShelf;
beforeEach(() => {
  shelf = new FolderShelf(mkdtempSync(path.join(tmpdir(), 'lock-')));
});
afterEach(() => rmSync(shelf.place, { recursive: true }));
afterEach(() => jest.restoreAllMocks());

const take = (breakLock?: string) => Lock.take(shelf, { command: 'deploy production', breakLock });
/** No second passes any more, however slow the machine is. */
const stopClock = () => jest.spyOn(Date, 'now').mockReturnValue(Date.now());
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const heldBy = async (changes: Partial<Holder>) => {
  const holder: Holder = {
    ...{ id: '0123abcd', owner: 'ada', host: 'elsewhere', processId: 7, command: 'deploy production' },
    ...{ message: 'the new index', since: secondsAgo(300), heartbeatAt: secondsAgo(300), ...changes },
  };
  await shelf.write('lock', JSON.stringify(holder), (await shelf.read('lock'))?.version);
};

describe('the lock of an environment', () => {
  test('is had by one, with a name, and given back', async () => {
    const lock = await take();
    expect(await lockHolder(shelf)).toMatchObject({
      host: hostname(),
      processId: process.pid,
      command: 'deploy production',
    });
    await lock.release();
    expect(await lockHolder(shelf)).toBeUndefined();
  });

  test('is not taken from somebody who is alive, whatever is said', async () => {
    stopClock();
    await heldBy({ heartbeatAt: secondsAgo(5) });
    const reason =
      /ada on elsewhere \(process 7\) works on it since .*: deploy production, "the new index"; it was alive 5 s ago/;
    await expect(take()).rejects.toThrow(reason);
    await expect(take('0123abcd')).rejects.toThrow(reason);
  });

  test('is taken from somebody who is silent by who names that lock, and no other', async () => {
    await heldBy({});
    await expect(take()).rejects.toThrow(/nothing was heard of it for 30\d s: .*--break-lock 0123abcd/);
    await expect(take('ffffffff')).rejects.toThrow('--break-lock 0123abcd');
    await (await take('0123abcd')).release();
  });

  test('is taken from a process of this machine that has ended', async () => {
    const child = spawn('true');
    await once(child, 'close');
    await heldBy({ host: hostname(), processId: child.pid as number, heartbeatAt: secondsAgo(0) });
    await (await take()).release();
  });

  test('is not taken twice by one process, and is there for it again when it was given back', async () => {
    const lock = await take();
    await expect(take()).rejects.toThrow(`(process ${process.pid}) works on it since`);
    await lock.release();
    await (await take()).release();
  });

  test('is taken from a process that had the number of this one before', async () => {
    await heldBy({ host: hostname(), processId: process.pid, heartbeatAt: secondsAgo(0) });
    await (await take()).release();
  });

  test('is not taken from a process of this machine that runs', async () => {
    stopClock();
    await heldBy({ host: hostname(), processId: process.ppid, heartbeatAt: secondsAgo(1) });
    await expect(take()).rejects.toThrow('it was alive 1 s ago');
  });

  test('that somebody broke stops who had it, who does not give back what is not his', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'setTimeout'] });
    try {
      const lock = await take();
      await heldBy({ owner: 'grace', heartbeatAt: new Date().toISOString() });
      const lost = once(lock.lost, 'abort');
      jest.advanceTimersByTime(10_000);
      await lost;
      expect(lock.lost.reason.message).toContain('broken by grace');
      await lock.release();
      expect(await lockHolder(shelf)).toMatchObject({ owner: 'grace' });
    } finally {
      jest.useRealTimers();
    }
  });

  test('says again and again that its holder is alive', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'setTimeout'] });
    try {
      const lock = await take();
      jest.advanceTimersByTime(10_000);
      const isBeaten = async () => (await lockHolder(shelf))?.heartbeatAt !== lock.holder.since;
      while (!(await isBeaten())) await sleep(5);
      await lock.release();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('that is not what was written is nobody’s to take', async () => {
    await shelf.write('lock', '{"free":', undefined);
    await expect(take()).rejects.toThrow(/lock in .* is not what stockops wrote/);
  });
});

describe('a freeze', () => {
  test('refuses with its reason until it is lifted', async () => {
    await freezeFor(shelf, 'audit until Friday');
    await expect(requireNotFrozen(shelf, 'production')).rejects.toThrow(
      /frozen since .*: audit until Friday; when that is over: stockops unfreeze production/,
    );
    await expect(freezeFor(shelf, 'holiday')).rejects.toThrow('audit until Friday; stockops unfreeze comes first');
    expect(await unfreeze(shelf)).toMatchObject({ reason: 'audit until Friday' });
    await requireNotFrozen(shelf, 'production');
    expect(await unfreeze(shelf)).toBeUndefined();
  });
});
