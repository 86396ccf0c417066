import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { typescript } from '../../../app/test/support/typescript';
import { Progress } from '../../../ops/src/cli/progress';
import { Journal, journalSchema } from '../../../ops/src/walk/journal';
import { FilePage } from '../../../ops/src/walk/page';
import { type Step, walk } from '../../../ops/src/walk/walk';
import { repositoryRoot } from '../../command';

const subject = { of: 'a trial' };
const schema = journalSchema({ of: z.string() });
const names = ['one', 'two', 'three'];

let folder: string;
let page: FilePage;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  page = new FilePage(path.join(folder, 'journal.json'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const opened = async () => (await Journal.open<typeof subject>(page, schema)) as Journal<typeof subject>;
const quiet = new Progress(false);
const { signal } = new AbortController();

/** What steps did to a world, which outlives the runs; each may be killed before or after it did it. */
class World {
  readonly done: string[] = [];
  readonly asked: string[] = [];

  steps(killed?: { in: string; afterIt: boolean }): Step[] {
    return names.map((name) => ({
      name,
      phase: 'data',
      text: name,
      isSo: async () => this.done.includes(name),
      act: async () => {
        this.asked.push(name);
        if (killed?.in === name && !killed.afterIt) throw new Error('killed');
        this.done.push(name);
        if (killed?.in === name) throw new Error('killed');
        return `${name} is there`;
      },
    }));
  }
}

describe('a walk', () => {
  test.each(names.flatMap((name) => [false, true].map((afterIt) => [name, afterIt] as const)))(
    'that ends in step %s (after its work: %s) is gone on with, and nothing is done twice',
    async (name, afterIt) => {
      const world = new World();
      const first = await Journal.begin(page, subject);
      await expect(walk(world.steps({ in: name, afterIt }), first, quiet, signal)).rejects.toThrow('killed');
      expect((await opened()).hasEnded(name)).toBe(false);

      await walk(world.steps(), await opened(), quiet, signal);
      expect(world.done).toEqual(names);
      const { content } = await opened();
      expect(content.steps.map((step) => step.name)).toEqual(names);
      expect(content.steps.every(({ endedAt, beganAt }) => endedAt && beganAt <= endedAt)).toBe(true);
      expect(content.finishedAt).toBeDefined();
    },
  );

  test('does again what was done, and is so no more', async () => {
    const world = new World();
    const failing = { in: 'three', afterIt: false };
    await expect(walk(world.steps(failing), await Journal.begin(page, subject), quiet, signal)).rejects.toThrow(
      'killed',
    );
    world.done.splice(0, 1);
    await walk(world.steps(), await opened(), quiet, signal);
    expect([...world.done].sort()).toEqual([...names].sort());
    expect(world.asked).toEqual(['one', 'two', 'three', 'one', 'three']);
  });

  test('does not go on where a step was done, and what it brings about is not so', async () => {
    const steps: Step[] = [
      { name: 'one', phase: 'data', text: 'the first', isSo: async () => false, act: async () => '' },
      { name: 'two', phase: 'data', text: 'the second', act: () => Promise.reject(new Error('gone on with')) },
    ];
    await expect(walk(steps, await Journal.begin(page, subject), quiet, signal)).rejects.toThrow(
      'it was done, and is not so',
    );
    expect((await opened()).hasEnded('one')).toBe(false);
  });

  test('that is stopped begins no other step, and is gone on with', async () => {
    const stopping = new AbortController();
    const world = new World();
    const [first, ...others] = world.steps();
    const stopped: Step = {
      ...(first as Step),
      act: async (tell) => {
        stopping.abort(new Error('stopped by SIGINT'));
        return (first as Step).act(tell);
      },
    };
    const run = walk([stopped, ...others], await Journal.begin(page, subject), quiet, stopping.signal);
    await expect(run).rejects.toThrow('stopped by SIGINT');
    expect(world.asked).toEqual(['one']);
    await walk(world.steps(), await opened(), quiet, signal);
    expect(world.asked).toEqual(names);
  });

  test('looks again in every run at what is only a look', async () => {
    let looks = 0;
    const steps: Step[] = [
      { name: 'look', phase: 'verification', text: 'a look', act: async () => `${++looks}` },
      { name: 'work', phase: 'services', text: 'work', act: () => Promise.reject(new Error('killed')) },
    ];
    for (const journal of [await Journal.begin(page, subject), await opened()])
      await expect(walk(steps, journal, quiet, signal)).rejects.toThrow('killed');
    expect(looks).toBe(2);
  });
});

test('a run that is killed with SIGKILL, again and again, comes to its end, and makes nothing twice', async () => {
  const program = path.join(repositoryRoot, '__tests__/ops/walk/walk-to-be-killed.ts');
  const run = () => spawn(process.execPath, [...typescript, program, folder], { cwd: repositoryRoot, stdio: 'ignore' });
  const begun = () =>
    readFileSync(path.join(folder, 'begun'), { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean);
  let kills = 0;
  for (let isFinished = false; !isFinished; ) {
    const child = run();
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const before = begun().length;
    while (begun().length === before && child.exitCode === null) await sleep(5);
    // Before, while and after its work is done, one after the other.
    await sleep((kills * 37) % 110);
    if (kills < 4) {
      child.kill('SIGKILL');
      kills += 1;
    }
    isFinished = (await ended) === 0;
  }
  // A file is made with 'wx': made twice, the run would have failed for ever.
  expect([...new Set(begun())]).toEqual(['one', 'two', 'three', 'four']);
  expect((await opened()).content.finishedAt).toBeDefined();
}, 180_000);

describe('a journal', () => {
  test('that is not what was written is refused, and named', async () => {
    await Journal.begin(page, subject);
    writeFileSync(page.place, readFileSync(page.place, 'utf8').slice(0, -20));
    await expect(opened()).rejects.toThrow(`${page.place} is not what stockops wrote`);
  });

  test('keeps the Terraform of a step until its end', async () => {
    const journal = await Journal.begin(page, subject);
    await journal.beginStep('apply');
    await Promise.all([1, 2, 3].map((id) => journal.noteProcess('apply', id)));
    expect((await opened()).step('apply')).toMatchObject({ processId: 3 });
    await journal.beginStep('apply');
    expect((await opened()).step('apply')).toMatchObject({ processId: 3 });
    await journal.endStep('apply', 1, '');
    expect((await opened()).step('apply')).not.toHaveProperty('processId');
  });

  test('keeps what becomes known of what it is about', async () => {
    const journal = await Journal.begin(page, subject);
    await journal.note({ of: 'another' });
    expect((await opened()).content.of).toBe('another');
  });
});
