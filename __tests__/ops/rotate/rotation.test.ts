import path from 'node:path';
import type { Check, Verdict } from '../../../ops/src/checks/check';
import { stateChecks } from '../../../ops/src/checks/state-checks';
import { Subject } from '../../../ops/src/checks/subject';
import { Progress } from '../../../ops/src/cli/progress';
import { listDeployments } from '../../../ops/src/ledger/deployments';
import { freezeFor } from '../../../ops/src/ledger/freeze';
import { lockHolder } from '../../../ops/src/ledger/lock';
import type { Kept } from '../../../ops/src/ledger/shelf';
import { openPlace } from '../../../ops/src/place/open-place';
import { readStacks, synthesize } from '../../../ops/src/place/synthesized';
import { listRotated } from '../../../ops/src/rotate/list';
import { prove } from '../../../ops/src/rotate/prove';
import { rotatedSecret } from '../../../ops/src/rotate/rotated-secrets';
import { FakeRotation } from './fake-rotation';

jest.setTimeout(120_000);

let world: FakeRotation;
beforeEach(() => {
  world = new FakeRotation();
  // A run that is killed here lives on in this process; its lock must not beat any more.
  jest.spyOn(globalThis, 'setInterval').mockImplementation(() => setTimeout(() => undefined, 0));
});
afterEach(() => {
  jest.restoreAllMocks();
  world.stop();
});

const last = async () => (await listDeployments(world.shelf)).at(-1);

/** Does no more in a step, before or after its work, as a process that is killed: nothing is put right, given back or written down. */
class Killed extends Progress {
  #die: () => void = () => undefined;
  readonly death = new Promise<'killed'>((resolve) => {
    this.#die = () => resolve('killed');
  });

  constructor(
    readonly number: number,
    readonly when: 'before' | 'after',
  ) {
    super(false);
  }

  override async step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    const isNow = text.startsWith(`[${this.number}/`);
    const done = isNow && this.when === 'before' ? undefined : await super.step(text, work);
    if (!isNow) return done as T;
    this.#die();
    return new Promise(() => undefined);
  }
}

const killedIn = async (number: number, when: 'before' | 'after') => {
  const progress = new Killed(number, when);
  const how = await Promise.race([world.rotate(progress).then(() => 'ended'), progress.death]);
  if (how === 'killed') await haveLockBeOfDead();
  return how;
};

/** What was killed lives on in this process, which has its lock; by another id it is that of a process which had this number before. */
async function haveLockBeOfDead(): Promise<void> {
  const { text, version } = (await world.shelf.read('lock')) as Kept;
  await world.shelf.write('lock', JSON.stringify({ ...JSON.parse(text), id: 'ffffffff' }), version);
}

/** What the doctor says of it. */
async function halfDone(): Promise<Verdict> {
  const [check] = stateChecks.filter(({ id }) => id === 'STATE-003');
  const signal = new AbortController().signal;
  const looking = { root: world.root, environment: 'local', kubeconfig: undefined, signal };
  return (check as Check).run(Subject.ofStacks(looking, readStacks(path.join(world.root, 'cdktf.out'))));
}

describe('a rotation', () => {
  test('raises twice, applies what that changes in its order, and proves that the one in use before is refused', async () => {
    const { content } = await world.rotate();
    expect(world.text).toContain('passwordRevisions: { app: 3 }');
    expect(world.told('applied').map((line) => line.trim())).toEqual([
      'local-data app@2',
      'local-application app@2',
      'local-backup',
      'local-data app@3',
      'local-application app@3',
      'local-backup',
    ]);
    expect(content.rotation?.proofs).toEqual([
      { text: 'the new one, of revision 3', said: 'taken' },
      { text: 'the former one, of revision 2', said: 'taken' },
      { text: 'the one of revision 1, by stock_app', said: 'refused' },
    ]);
    expect(content).toMatchObject({ kind: 'rotate', state: 'good', commit: 'c0ffee' });
    expect(world.told('planned')).toEqual(['3']);
    expect(await lockHolder(world.shelf)).toBeUndefined();
    expect(world.isHeld).toBe(false);
    expect(await halfDone()).toMatchObject({ state: 'ok' });
    // No text of a secret is among processes' words, nor written down.
    const ledger = [...(await world.shelf.list('')).values()].join('\n');
    expect(`${world.told('asked').join('\n')}${ledger}`).not.toContain('text-of-');
    // What is deployed next is deployed, and not rotated.
    world.tell('plans', JSON.stringify({ hash: 'b'.repeat(64), differing: [] }));
    await expect(world.rotate()).rejects.toThrow(/is not what was deployed and found good last .*deploy it first/);
  });

  test('that keeps the former raises once, and refuses what was there before', async () => {
    const { content } = await world.rotate(undefined, 'kept');
    expect(content.rotation).toMatchObject({ from: 1, to: 2 });
    expect(content.rotation?.proofs.at(-1)).toEqual({
      text: 'the one that was there unused, by stock_app_2',
      said: 'refused',
    });
  });

  test('that is killed in each of its steps is gone on with, and comes to the same end', async () => {
    // The others find that there is nothing to do: this stack does not change.
    const working = Array.from({ length: 18 }, (_, index) => index + 1).filter((step) => step !== 6 && step !== 13);
    const ended: number[] = [];
    for (const step of working)
      if ((await killedIn(step, step % 2 === 0 ? 'after' : 'before')) === 'ended') ended.push(step);
    expect(ended).toEqual([]);
    const { content } = await world.rotate();
    expect(content).toMatchObject({ state: 'good', rotation: { from: 1, to: 3, raised: 3 } });
    expect(content.rotation?.proofs.map(({ said }) => said)).toEqual(['taken', 'taken', 'refused']);
    expect(await listDeployments(world.shelf)).toHaveLength(1);
    expect(world.text).toContain('passwordRevisions: { app: 3 }');
  });

  test('that is stopped gives its lock back; where what is to be refused was lost meanwhile with the server, it says that it could not ask', async () => {
    const stopping = new AbortController();
    const progress = new (class extends Progress {
      override async step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
        if (text.startsWith('[5/')) stopping.abort(new Error('stopped by SIGINT'));
        return super.step(text, work);
      }
    })(false);
    await expect(world.rotate(progress, undefined, stopping.signal)).rejects.toThrow('stopped by SIGINT');
    expect(await lockHolder(world.shelf)).toBeUndefined();
    expect(await killedIn(16, 'before')).toBe('killed');
    world.restartServer();
    const { content } = await world.rotate();
    expect(content.rotation?.proofs.at(-1)).toEqual({ text: 'the one of revision 1, by stock_app', said: 'not asked' });
  });

  test('that was begun is gone on with before anything else, at the commit where it was begun', async () => {
    expect(await killedIn(4, 'before')).toBe('killed');
    world.tell('commit', 'another');
    await expect(world.rotate()).rejects.toThrow('begun at commit c0ffee and this checkout is at another');
    expect((await last())?.finishedAt).toBeUndefined();
    expect(await halfDone()).toMatchObject({ state: 'warn', command: 'stockops rotate postgres.app local' });
  });
});

describe('nothing is changed', () => {
  test('where the file of the environment has changes that nobody committed', async () => {
    world.tell('dirty', '1');
    await expect(world.rotate()).rejects.toThrow('nothing was changed: config/environments/local.ts not committed');
  });

  test('where the plans are not those of this checkout', async () => {
    world.tell('plans', JSON.stringify({ hash: 'b'.repeat(64), differing: ['plans/local/data.json'] }));
    await expect(world.rotate()).rejects.toThrow('nothing was changed: plans/local/data.json');
  });

  test('where the file of the environment says it otherwise, and then nothing is half done', async () => {
    world.write("  postgres: { topology: 'bundled', passwordRevisions: { app: one } },\n");
    await expect(world.rotate()).rejects.toThrow('is not written as ours are; raise it by hand');
    expect(await last()).toMatchObject({ state: 'failed', rotation: { raised: 1 } });
    expect(await lockHolder(world.shelf)).toBeUndefined();
  });

  test('where the environment is frozen', async () => {
    await freezeFor(world.shelf, 'audit');
    await expect(world.rotate()).rejects.toThrow(/frozen since .*: audit/);
  });

  afterEach(() => expect(world.told('applied')).toEqual([]));
});

const described = async () =>
  openPlace({
    root: world.root,
    environment: 'local',
    stacks: await synthesize(world.root, 'local'),
    kubeconfig: undefined,
  });

test('a text that is taken and should not be is an error that says so', async () => {
  const place = await described();
  const signal = new AbortController().signal;
  const proving = { place, secret: rotatedSecret('postgres.app'), revision: 1, signal, seconds: 0 };
  await expect(prove({ ...proving, voided: 'text-of-1' })).rejects.toThrow('taken: the one that was there unused');
});

test('what can be made anew is told with its revision, its age and what is started again, and why not', async () => {
  const found = await listRotated(await described());
  const named = (name: string) => found.find((each) => each.name === name);
  expect(named('postgres.app')).toMatchObject({
    revision: 1,
    madeAt: expect.anything(),
    rolls: ['api'],
    whyNot: undefined,
  });
  expect(named('queue.api')?.whyNot).toContain('queue is not run here (existing)');
});
