import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { typescript } from '../../../app/test/support/typescript';
import { Progress } from '../../../ops/src/cli/progress';
import { rollback } from '../../../ops/src/deploy/rollback';
import { CannotTell } from '../../../ops/src/failures';
import { listDeployments, listReleases } from '../../../ops/src/ledger/deployments';
import { freezeFor } from '../../../ops/src/ledger/freeze';
import { lockHolder } from '../../../ops/src/ledger/lock';
import { repositoryRoot } from '../../command';
import { FakeEngine } from './fake-engine';

jest.setTimeout(120_000);

let engine: FakeEngine;
beforeEach(async () => {
  engine = await FakeEngine.start();
});
afterEach(() => engine.stop());

const last = async () => (await listDeployments(engine.shelf)).at(-1);
const goBack = (to?: string) =>
  rollback({
    root: engine.root,
    environment: 'local',
    to,
    progress: new Progress(false),
    signal: new AbortController().signal,
  });

describe('a deployment', () => {
  test('applies the stacks in their order, and is a release that one can go back to', async () => {
    const { content } = await engine.deploy({ message: 'the first' });
    expect(engine.told('applied')).toEqual([
      'local-data',
      'local-application "name":"app:first"',
      'local-observability',
    ]);
    expect(content).toMatchObject({ state: 'good', message: 'the first', runs: content.id, version: '0.1.0' });
    expect(content.commit).toMatch(/^0123/);
    expect(content.steps.map(({ name }) => name)).toEqual([
      'preflight',
      'prepare',
      'apply local-data',
      'apply local-application',
      'schema',
      'smoke',
      'apply local-observability',
      'soak',
      'commit',
    ]);
    expect(await listReleases(engine.shelf)).toMatchObject([{ id: content.id, image: 'app:first' }]);
    expect(await lockHolder(engine.shelf)).toBeUndefined();
  });

  test('of a broken image brings the application of the last good release back, and nothing else', async () => {
    const { content: good } = await engine.deploy();
    engine.describe('second');
    engine.tell('failing', 'local-application');
    engine.tell('broken', 'second');
    await expect(engine.deploy()).rejects.toThrow(/rolled back to release .* \(app:first\): .*ended with status 1/s);
    expect(engine.told('applied').slice(3)).toEqual(['local-data', 'local-application "name":"app:first"']);
    expect(await last()).toMatchObject({ state: 'rolled back', from: good.id, runs: good.id });
    expect(await listReleases(engine.shelf)).toHaveLength(1);
  });

  test('goes back to the last good release, not to the one before it', async () => {
    const { content: good } = await engine.deploy();
    engine.tell('failing', 'local-application');
    for (const tag of ['second', 'third']) {
      engine.describe(tag);
      engine.tell('broken', tag);
      await expect(engine.deploy()).rejects.toThrow(`rolled back to release ${good.id}`);
    }
    expect(engine.told('applied').at(-1)).toBe('local-application "name":"app:first"');
  });

  test('that is bad with nothing good before it says so, and stays', async () => {
    engine.tell('failing', 'local-application');
    engine.tell('broken', 'first');
    await expect(engine.deploy()).rejects.toThrow('going back failed: no release of it was good yet');
    expect(await last()).toMatchObject({ state: 'failed' });
  });

  test('of what was not reviewed changes nothing', async () => {
    await engine.deploy();
    engine.describe('second');
    engine.tell('plans', JSON.stringify({ hash: 'b'.repeat(64), differing: ['plans/local/data.json'] }));
    await expect(engine.deploy()).rejects.toThrow(
      /nothing was changed: plans\/local\/data.json is not what this checkout describes/,
    );
    expect(engine.told('applied')).toHaveLength(3);
    expect(await last()).toMatchObject({ state: 'failed' });
  });

  test('that fails beside the application undoes nothing, and tells it', async () => {
    await engine.deploy();
    engine.describe('second');
    engine.tell('failing', 'local-data');
    engine.tell('broken', '');
    await expect(engine.deploy()).rejects.toThrow(/Terraform ended with 1 on local-data/);
    expect(engine.told('applied').filter((line) => line.startsWith('local-application'))).toHaveLength(1);
    expect(await last()).toMatchObject({ state: 'failed' });
  });

  test('is not begun where the environment is frozen; going back is', async () => {
    const { content: first } = await engine.deploy();
    engine.describe('second');
    await engine.deploy();
    await freezeFor(engine.shelf, 'audit');
    await expect(engine.deploy()).rejects.toThrow(/frozen since .*: audit/);
    const { to } = await goBack();
    expect(to.id).toBe(first.id);
    expect(engine.told('applied').at(-1)).toBe('local-application "name":"app:first"');
  });

  test('of another image is not begun over one that did not come to its end, unless that is said', async () => {
    engine.tell('told', '');
    await expect(engine.deploy()).rejects.toThrow();
    engine.describe('second');
    engine.tell('told', JSON.stringify({ version: '0.1.0', applied: [] }));
    await expect(engine.deploy()).rejects.toThrow(/was begun at .* and is under way: app:first.*--anew/);
    await engine.deploy({ anew: true });
    const states = (await listDeployments(engine.shelf)).map(({ state }) => state);
    expect(states).toEqual(['failed', 'good']);
  });

  test('of what is not committed changes nothing', async () => {
    engine.tell('uncommitted', ' M plans/local/data.json\n');
    await expect(engine.deploy()).rejects.toThrow('plans/local/data.json not committed');
    expect(engine.told('applied')).toEqual([]);
  });
});

describe('the doctor', () => {
  test('keeps from a deployment that would not go well, and says which check, what to do, and how to go on', async () => {
    engine.tell('system', 'windows');
    await expect(engine.deploy()).rejects.toThrow(
      /nothing was changed: fail ENGINE-002 .*: windows; expected: linux; run: docker info.*--despite ENGINE-002$/,
    );
    expect(engine.told('applied')).toEqual([]);
    await engine.deploy({ despite: ['ENGINE-002'] });
    expect(await last()).toMatchObject({ state: 'good' });
  });

  test('that cannot ask keeps from it too, as nobody knows', async () => {
    rmSync(path.join(engine.root, 'package.json'));
    const deployed = engine.deploy();
    await expect(deployed).rejects.toThrow(/nothing was changed: unknown TOOL-001 /);
    await expect(deployed).rejects.toBeInstanceOf(CannotTell);
  });

  test('is not overruled about what keeps nobody from a deployment', async () => {
    await expect(engine.deploy({ despite: ['RUN-001'] })).rejects.toThrow('no deployment is refused by RUN-001');
  });
});

describe('going back', () => {
  test('has to have somewhere to go to', async () => {
    await expect(goBack()).rejects.toThrow('no release before the one that runs to go back to; there are: none');
    const { content } = await engine.deploy();
    await expect(goBack()).rejects.toThrow('there are: none');
    await expect(goBack('20200101-000000-000000')).rejects.toThrow('no release 20200101-000000-000000');
    expect(content.state).toBe('good');
  });

  test('is refused over a migration that took away what that release needs, with what helps', async () => {
    await engine.deploy();
    engine.describe('second');
    engine.tell('told', JSON.stringify({ version: '0.2.0', applied: ['001_stock-data'] }));
    await engine.deploy();
    engine.tell('told', JSON.stringify({ version: '0.2.0', applied: ['012_no-name_from-0.2.0'] }));
    await expect(goBack()).rejects.toThrow(/is version 0.1.0, and the migration 012_no-name_from-0.2.0 took away/);
  });
});

/** Deploys in a process of its own. @returns its status, or the signal that ended it */
const run = (...words: string[]) =>
  new Promise<number | NodeJS.Signals | null>((resolve) => {
    const program = path.join(__dirname, 'deploy-to-be-killed.ts');
    spawn(process.execPath, [...typescript, program, engine.root, ...words], {
      cwd: repositoryRoot,
      env: { ...process.env, ...engine.environment },
      stdio: 'ignore',
    }).on('close', (status, signal) => resolve(signal ?? status));
  });

test('a run that is killed with SIGKILL in each of its steps is gone on with, and comes to one release', async () => {
  for (const step of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    expect(await run(`${step}`, step % 2 === 0 ? 'after' : 'before')).toBe('SIGKILL');
    expect(await lockHolder(engine.shelf)).toBeDefined();
  }
  expect(await run()).toBe(0);
  const times = (stack: string) => engine.told('applied').filter((line) => line.startsWith(stack)).length;
  // Killed when it was applied, and before that was written down: Terraform finds that there is nothing to do.
  expect(['local-data', 'local-application', 'local-observability'].map(times)).toEqual([1, 2, 1]);
  expect(await listDeployments(engine.shelf)).toMatchObject([{ state: 'good' }]);
  expect(await listReleases(engine.shelf)).toHaveLength(1);
});

test('a run that is killed while Terraform works is gone on with', async () => {
  engine.tell('kill', 'local-application');
  expect(await run()).toBe('SIGKILL');
  const { content } = await engine.deploy();
  expect(content.state).toBe('good');
  expect(await listDeployments(engine.shelf)).toHaveLength(1);
});
