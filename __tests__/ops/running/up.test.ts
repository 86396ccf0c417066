import { hostname } from 'node:os';
import { Progress } from '../../../ops/src/cli/progress';
import { freezeFor } from '../../../ops/src/ledger/freeze';
import { lockHolder } from '../../../ops/src/ledger/lock';
import { up } from '../../../ops/src/running/up';
import { FakeEngine } from '../deploy/fake-engine';

let engine: FakeEngine;
beforeEach(async () => {
  engine = await FakeEngine.start();
});
afterEach(() => engine.stop());

const { signal } = new AbortController();
const bringUp = () => up({ root: engine.root, environment: 'local', progress: new Progress(false), signal });

test('what runs is told apart from what was stopped and is started, and what is missing is deployed', async () => {
  engine.tell('missing', 'stock-analysis-prometheus\n');
  const going = bringUp();
  // It is there once it was applied.
  const applied = setInterval(() => engine.told('applied').length > 0 && engine.tell('missing', ''), 20);
  try {
    expect((await going).map(({ what }) => what)).toEqual(['there', 'there', 'deployed']);
  } finally {
    clearInterval(applied);
  }
  expect(engine.told('applied')).toEqual(['local-observability']);
  expect(engine.told('started')).toHaveLength(3);
  expect(await lockHolder(engine.shelf)).toBeUndefined();
});

test('nothing is started while somebody else works on the environment, who is named', async () => {
  const now = new Date().toISOString();
  // A process that runs, and is another.
  const who = { owner: 'ada', host: hostname(), processId: process.ppid, since: now, heartbeatAt: now };
  await engine.shelf.write('lock', JSON.stringify({ id: 'a1', ...who, command: 'deploy local' }), undefined);
  await expect(bringUp()).rejects.toThrow(/^ada on .* works on it since .*: deploy local; it was alive .* wait/);
  expect(engine.told('started')).toEqual([]);
});

test('where it is frozen, what was stopped is started and what is missing is not deployed', async () => {
  await freezeFor(engine.shelf, 'audit');
  await bringUp();
  engine.tell('missing', 'stock-analysis-prometheus\n');
  await expect(bringUp()).rejects.toThrow(/frozen since .*: audit/);
  expect(engine.told('applied')).toEqual([]);
});
