import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Case, create, type Setting, start } from './case';
import { copiesIn, defectsOf, othersIn } from './copies';

const kills = 10;

/** Kills one that makes a copy after so long. @returns whether it left something unfinished */
async function killAfter(setting: Setting, milliseconds: number): Promise<boolean> {
  const creating = start(setting, ['backup', 'create']);
  await creating.says('copying the database');
  await sleep(milliseconds);
  creating.kill('SIGKILL');
  await creating.ended;
  for (const id of copiesIn(setting.store)) assert.deepEqual(defectsOf(setting.store, id), []);
  return othersIn(setting.store).length > 0;
}

const killed: Case = {
  name: `killed with -9 at ${kills} random moments`,
  async run(setting) {
    const started = performance.now();
    const measured = start(setting, ['backup', 'create']);
    await measured.says('copying the database');
    const beganAfter = performance.now() - started;
    await measured.ended;
    const milliseconds = performance.now() - started - beganAfter;
    let unfinished = 0;
    for (let number = 0; number < kills; number++) {
      if (await killAfter(setting, setting.random() * milliseconds)) unfinished++;
      await create(setting);
      assert.deepEqual(othersIn(setting.store), []);
    }
    assert.ok(unfinished > 0, 'no kill came in time');
    return `${unfinished} left a .partial, none was counted, each next copy removed it and was whole`;
  },
};

const steps = ['copying the database', 'summing up', 'writing it', 'reading it again'];

const stopped = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Case => ({
  name: `stopped by ${signal} in each step`,
  async run(setting) {
    const ends: string[] = [];
    for (const step of steps) {
      const before = copiesIn(setting.store).length;
      const creating = start(setting, ['backup', 'create']);
      await creating.says(step);
      await sleep(setting.random() * 50);
      creating.kill(signal);
      const { exitCode, stderr } = await creating.ended;
      const made = copiesIn(setting.store).length - before;
      assert.deepEqual(othersIn(setting.store), []);
      for (const id of copiesIn(setting.store)) assert.deepEqual(defectsOf(setting.store, id), []);
      assert.ok(exitCode === 1 || made === 1, `${exitCode} ${stderr}`);
      if (exitCode === 1) assert.match(stderr, new RegExp(`stockops: stopped by ${signal}\n$`));
      ends.push(`${exitCode}${made === 1 ? ' (the copy was whole)' : ''}`);
    }
    return `exit codes ${ends.join(', ')}; nothing left`;
  },
});

export const interruptionCases = [killed, stopped('SIGINT'), stopped('SIGTERM'), stopped('SIGHUP')];
