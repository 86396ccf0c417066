import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Subject } from '../../../ops/src/checks/subject';
import { bytesOf } from '../../../ops/src/maintain/logs/byte-texts';
import { containerLogs, mostBytes } from '../../../ops/src/maintain/logs/container-logs';
import { nodeLogs } from '../../../ops/src/maintain/logs/kubelet-logs';
import { DockerPlace } from '../../../ops/src/place/docker-place';
import { inCluster, stackOf } from '../checks/described';
import { FakePrograms } from '../checks/fake-programs';

const signal = new AbortController().signal;
let programs: FakePrograms;
beforeEach(() => {
  programs = new FakePrograms(['docker', 'kubectl']);
});
afterEach(() => programs.stop());

const MiB = 1024 * 1024;

test.each([
  ['10m', 10 * MiB],
  ['1g', 1024 * MiB],
  ['10Mi', 10 * MiB],
  ['512', 512],
  ['1.5k', 1536],
  ['-1', -1],
  ['', undefined],
  ['ten', undefined],
])('%j is a size of %p bytes', (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});

test.each([
  ['json-file', { 'max-size': '10m', 'max-file': '3' }, 30 * MiB],
  ['json-file', { 'max-size': '10m' }, 10 * MiB],
  ['json-file', { 'max-file': '3' }, null],
  ['json-file', null, null],
  ['local', null, 100 * MiB],
  ['local', { 'max-size': '-1' }, null],
  ['journald', null, undefined],
])('a log of %s with %j has at most %p bytes: null has no end, undefined is kept elsewhere', (Type, Config, most) => {
  expect(mostBytes({ Type, Config } as Parameters<typeof mostBytes>[0])).toBe(most);
});

test('each container that was ever started is told with what ends its log, and how large it is where that can be seen', async () => {
  const folder = path.join(programs.folder, 'log');
  mkdirSync(folder);
  for (const [name, bytes] of [
    ['c-json.log', 300],
    ['c-json.log.1', 500],
    ['hosts', 900],
  ] as const)
    writeFileSync(path.join(folder, name), 'x'.repeat(bytes));
  const container = (Name: string, LogPath: string, Config: object | null, Status = 'running') => ({
    Name: `/${Name}`,
    LogPath,
    State: { Status },
    HostConfig: { LogConfig: { Type: 'json-file', Config } },
  });
  programs.answer('docker container ls --all --no-trunc --format {{.ID}}', { output: 'aaa\nbbb\nccc\n' });
  programs.answer('docker container inspect aaa bbb ccc', {
    output: [
      container('somebody', '/root/only/json.log', null),
      container('trial-api-files', '', null, 'created'),
      container('trial-api', path.join(folder, 'c-json.log'), { 'max-size': '1k', 'max-file': '2' }),
    ],
  });
  const stack = stackOf('application', { docker_container: { api: { name: 'trial-api' } } });
  expect(await containerLogs(new DockerPlace('/checkout', 'trial', [stack]), signal)).toEqual([
    { container: 'trial-api', isOurs: true, driver: 'json-file', mostBytes: 2048, bytes: 800 },
    { container: 'somebody', isOurs: false, driver: 'json-file', mostBytes: null, bytes: undefined },
  ]);
});

test('a kubelet tells its limit and the logs of the environment; one that may not be asked is named', async () => {
  programs.answer('kubectl get nodes -o json', {
    output: { items: [{ metadata: { name: 'one' } }, { metadata: { name: 'two' } }] },
  });
  programs.answer('kubectl get --raw /api/v1/nodes/one/proxy/configz', {
    output: { kubeletconfig: { containerLogMaxSize: '10Mi', containerLogMaxFiles: 5 } },
  });
  const pod = (namespace: string, name: string, usedBytes: number) => ({
    podRef: { namespace, name },
    containers: [{ name: 'api', logs: { usedBytes } }],
  });
  programs.answer('kubectl get --raw /api/v1/nodes/one/proxy/stats/summary', {
    output: { pods: [pod('stock', 'api-1', 10), pod('others', 'x', 99), pod('stock', 'api-2', 20)] },
  });
  const refused = { status: 1, said: 'Error from server (Forbidden): nodes "two" is forbidden' };
  programs.answer('kubectl get --raw /api/v1/nodes/two/proxy/configz', refused);
  programs.answer('kubectl get --raw /api/v1/nodes/two/proxy/stats/summary', refused);
  const subject: Subject = inCluster();
  expect(await nodeLogs(subject)).toEqual([
    {
      node: 'one',
      mostBytes: 50 * MiB,
      containers: [
        { container: 'api-2/api', bytes: 20 },
        { container: 'api-1/api', bytes: 10 },
      ],
    },
    { node: 'two', mostBytes: undefined, containers: [], fault: expect.stringContaining('nodes "two" is forbidden') },
  ]);
  subject.end();
});
