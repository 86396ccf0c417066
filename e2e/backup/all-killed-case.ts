import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Setting } from './case';
import { copiesIn, defectsOf, othersIn } from './copies';
import { Keeper } from './keeper';
import { killWithAllBelow } from './kill-all';
import { account, based, received, receiving, tidyUp } from './receiving';
import { restoreAndCompare } from './restore';
import { Run, stockops } from './stockops';
import { WriteLoad } from './write-load';

const kills = 3;

/** What was begun and is no copy; the log of points in time is none either. */
const unfinishedIn = (store: string): string[] => othersIn(store).filter((name) => name !== 'wal');

async function listed({ variables }: Setting) {
  const { exitCode, stdout, stderr } = await stockops(['backup', 'list', '--json'], variables, account);
  assert.equal(exitCode, 0, stderr + stdout);
  return JSON.parse(stdout) as {
    copies: { id: string; state: string }[];
    unfinished: string[];
    pointsInTime?: { from: string };
  };
}

/** @returns the name of the copy, and how many milliseconds the database was copied for */
async function create({ variables, store }: Setting): Promise<{ id: string; milliseconds: number }> {
  const creating = new Run(['backup', 'create', '--json'], variables, account);
  await creating.says('copying the database');
  const began = performance.now();
  const { exitCode, stdout, stderr } = await creating.ended;
  assert.equal(exitCode, 0, stderr + stdout);
  const { id } = JSON.parse(stdout);
  assert.deepEqual([defectsOf(store, id), unfinishedIn(store)], [[], []]);
  return { id, milliseconds: performance.now() - began };
}

/** Under writes, while the log is received and a copy made, ends all of it at once. @returns what was left unfinished */
async function killAllInACopy(setting: Setting, keeper: Keeper, milliseconds: number): Promise<string[]> {
  const { postgres, store } = setting;
  const before = copiesIn(store);
  const load = new WriteLoad(postgres);
  const creating = new Run(['backup', 'create'], setting.variables, account);
  await creating.says('copying the database');
  await sleep(setting.random() * milliseconds);
  killWithAllBelow([postgres.processId, keeper.processId, creating.processId]);
  await Promise.all([keeper.ended(), creating.ended, load.stop().catch(() => undefined)]);
  assert.ok(load.writes > 0, 'nobody wrote');
  const left = unfinishedIn(store);
  const { copies, unfinished } = await listed(setting);
  assert.deepEqual([unfinished, copies.map(({ id }) => id)], [left, copiesIn(store)]);
  assert.deepEqual(
    copies.slice(0, before.length).map(({ id, state }) => [id, state]),
    before.map((id) => [id, 'verified']),
  );
  return left;
}

export const allKilled: Case = {
  name: `server, keeper and copy killed with -9 at once, ${kills} times`,
  async run(base) {
    const setting = await receiving(base);
    let keeper = await Keeper.start(setting, account);
    try {
      await keeper.waitFor(based, (value) => value > 0);
      const { milliseconds } = await create(setting);
      const reach = (await listed(setting)).pointsInTime?.from;
      let unfinished = 0;
      let last = '';
      for (let number = 0; number < kills; number++) {
        unfinished += (await killAllInACopy(setting, keeper, milliseconds)).length;
        await setting.postgres.startServer();
        keeper = await Keeper.start(setting, account);
        const back = Date.now() / 1000;
        await keeper.waitFor(received, (value) => value > back);
        last = (await create(setting)).id;
      }
      assert.ok(unfinished > 0, 'no kill came in time');
      const { pointsInTime } = await listed(setting);
      assert.deepEqual(pointsInTime?.from, reach, 'the log has a gap');
      const rows = await restoreAndCompare(setting, last);
      return `${unfinished} left a .partial, none was counted; the server, the log without a gap and the next copy came back, ${rows} rows of it restored`;
    } finally {
      await keeper.stop();
      await tidyUp(setting);
    }
  },
};
