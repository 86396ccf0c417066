import { Subject } from '../../../ops/src/checks/subject';
import * as opening from '../../../ops/src/look/open-subject';
import { stackOf } from '../checks/described';
import { FakePrograms } from '../checks/fake-programs';
import { inProcess } from '../in-process';

jest.mock('../../../ops/src/look/open-subject', () => ({
  ...jest.requireActual('../../../ops/src/look/open-subject'),
  openSubject: jest.fn(),
}));

const there = 'docker exec -i trial-backup env STOCKOPS_UNTIL_INPUT_ENDS=yes stockops maintain';
const listing = 'docker container ls --all --no-trunc --format {{.ID}}';
let programs: FakePrograms;

beforeEach(() => {
  programs = new FakePrograms(['docker']);
  programs.answer('docker version --format {{.Server.Version}}', { output: '29.0' });
  const stack = stackOf('backup', { docker_container: { backup: { name: 'trial-backup' } } });
  const looking = {
    root: '/nowhere',
    environment: 'trial',
    kubeconfig: undefined,
    signal: new AbortController().signal,
  };
  const subject = Subject.ofStacks(looking, [{ ...stack, providers: { docker: [{}] } }]);
  jest.mocked(opening.openSubject).mockResolvedValue(subject);
});
afterEach(() => programs.stop());

test('one part that fails keeps no other from being looked at, and what was found there is told', async () => {
  programs.answer(`${there} --limit-hours 4 --dry-run --json`, { output: { ok: true, steps: [] } });
  programs.answer(listing, { status: 1, said: 'no room' });
  const { status, stdout } = await inProcess(['maintain', 'trial', '--dry-run', '--json']);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    database: { ok: true, steps: [] },
    logs: { error: expect.stringContaining('no room') },
    indices: [],
    leftovers: expect.any(Array),
  });
});

test('what fails there fails here, and one part alone has no heading', async () => {
  programs.answer(`${there} --limit-hours 2 --monthly`, { output: 'reindex x  failed\n', status: 1 });
  const words = ['maintain', 'trial', '--only', 'database', '--monthly', '--limit-hours', '2'];
  expect(await inProcess(words)).toMatchObject({ status: 1, stdout: 'reindex x  failed\n' });
  programs.answer(listing, {});
  const { status, stdout } = await inProcess(['maintain', 'trial', '--only', 'logs']);
  expect(status).toBe(0);
  expect(stdout).toContain('0 containers on the engine');
});

test('VACUUM FULL is looked at there and asked for here: unconfirmed, nothing is done', async () => {
  programs.answer(`${there} --vacuum-full job --dry-run`, {
    output: 'VACUUM FULL of job: 1.0 MiB\nnothing was done\n',
  });
  const { status, stderr } = await inProcess(['maintain', 'trial', '--vacuum-full', 'job']);
  expect(status).toBe(2);
  expect(stderr).toContain('VACUUM FULL of job: 1.0 MiB');
  expect(stderr).toContain('nothing was done. Say --confirm job');
  programs.answer(`${there} --vacuum-full job --confirm job`, { output: 'job: 1.0 MiB -> 0.5 MiB\n' });
  const done = await inProcess(['maintain', 'trial', '--vacuum-full', 'job', '--confirm', 'job']);
  expect(done).toMatchObject({ status: 0, stdout: 'job: 1.0 MiB -> 0.5 MiB\n' });
  expect(programs.asked.filter((asked) => asked.includes('exec'))).toHaveLength(2);
});

test('an index is not deleted where the environment keeps no logs, nor beside another thing', async () => {
  expect(await inProcess(['maintain', 'trial', '--delete-index', 'x'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('trial has no Elasticsearch of its own'),
  });
  const both = await inProcess(['maintain', 'trial', '--delete-index', 'x', '--vacuum-full', 'job']);
  expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be used with option') });
});
