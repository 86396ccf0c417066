import { Progress } from '../../../ops/src/cli/progress';
import { CannotTell } from '../../../ops/src/failures';
import type { DockerPlace } from '../../../ops/src/place/docker-place';
import { stateOf } from '../../../ops/src/running/component';
import { componentsOf, requireThere } from '../../../ops/src/running/components';
import { DockerLifecycle } from '../../../ops/src/running/docker-lifecycle';
import { secondsOf } from '../../../ops/src/running/embedded-log';
import { KubernetesLifecycle } from '../../../ops/src/running/kubernetes-lifecycle';
import { logCommand } from '../../../ops/src/running/log-command';
import { errorsIn } from '../../../ops/src/running/recent-errors';
import { restart } from '../../../ops/src/running/restart';
import { inCluster, onEngine } from '../checks/described';
import { FakePrograms } from '../checks/fake-programs';

let programs: FakePrograms;
beforeEach(() => {
  programs = new FakePrograms(['kubectl', 'docker']);
});
afterEach(() => programs.stop());

const { signal } = new AbortController();
const schedule = 'kubectl get cronjob stock-maintenance -n stock --ignore-not-found -o name';
const told = (found: Awaited<ReturnType<typeof componentsOf>>) =>
  found.map((each) => `${each.name} ${stateOf(each)}${each.fault ? `: ${each.fault}` : ''}`);

test('components of an engine are those that stay, with why they are not well', async () => {
  const of = (Name: string, State: object, RestartCount = 0) => ({
    Name,
    RestartCount,
    Config: { Image: 'x:1' },
    State,
  });
  programs.answer('docker container inspect stock-gateway stock-api stock-companion', {
    output: [
      of('/stock-gateway', { Status: 'exited', ExitCode: 0, FinishedAt: '2026-11-26T10:00:00Z' }),
      of(
        '/stock-api',
        {
          Status: 'running',
          FinishedAt: '2026-11-26T10:00:00Z',
          Health: { Status: 'unhealthy', Log: [{ Output: 'no database' }] },
        },
        3,
      ),
    ],
    said: 'no such container: stock-companion',
    status: 1,
  });
  const found = await componentsOf(onEngine().engine);
  expect(told(found)).toEqual([
    'gateway stopped: exited, exit code 0',
    'api not ready: unhealthy: no database',
    'companion missing: there is no container',
  ]);
  expect(found[1]).toMatchObject({ restarts: 3, endedAt: new Date('2026-11-26T10:00:00Z') });
});

test('images of an engine are called as people call them, and a paused container says how it goes on', async () => {
  const [named, nameless] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
  const of = (Name: string, Image: string | undefined, Status: string) => ({
    Name,
    RestartCount: 0,
    Config: { Image },
    State: { Status, ExitCode: 0, FinishedAt: '0001-01-01T00:00:00Z' },
  });
  programs.answer('docker container inspect stock-gateway stock-api stock-companion', {
    output: [
      of('/stock-gateway', named, 'running'),
      of('/stock-api', nameless, 'paused'),
      of('/stock-companion', 'nginx:1', 'running'),
    ],
  });
  programs.answer(`docker image inspect ${named} ${nameless}`, {
    output: [
      { Id: named, RepoTags: ['stock/gateway:2', 'stock/gateway:latest'], RepoDigests: [] },
      { Id: nameless, RepoTags: null, RepoDigests: null },
    ],
  });
  const found = await componentsOf(onEngine().engine);
  expect(found.map(({ image }) => image)).toEqual(['stock/gateway:2', 'b'.repeat(12), 'nginx:1']);
  expect(found[1]?.fault).toBe('somebody paused it: docker unpause stock-api');
});

test('components of a cluster are its workloads, with what keeps their pods', async () => {
  const workload = (kind: string, name: string, replicas: number, readyReplicas: number) => ({
    kind,
    metadata: { name, namespace: 'stock', generation: 2 },
    spec: { replicas, template: { spec: { containers: [{ image: 'x:1' }] } } },
    status: { observedGeneration: 2, readyReplicas },
  });
  programs.answer('kubectl get deployment,statefulset,daemonset -n stock -o json', {
    output: { items: [workload('Deployment', 'stock-api', 2, 1), workload('StatefulSet', 'stock-backup', 0, 0)] },
  });
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 40s' };
  const before = { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-26T10:00:00Z' };
  programs.answer('kubectl get pods -n stock -o json', {
    output: {
      items: [
        {
          metadata: { name: 'stock-api-1', namespace: 'stock', labels: { 'app.kubernetes.io/instance': 'stock-api' } },
          status: {
            phase: 'Running',
            containerStatuses: [
              { name: 'api', restartCount: 4, state: { waiting }, lastState: { terminated: before } },
            ],
          },
        },
      ],
    },
  });
  const found = await componentsOf(inCluster().cluster);
  expect(told(found)).toEqual([
    'api not ready: api: CrashLoopBackOff after exit code 137, OOMKilled: back-off 40s',
    'gateway missing: it is not there',
    'backup stopped',
  ]);
  expect(found[0]).toMatchObject({ wanted: 2, ready: 1, restarts: 4, endedAt: new Date('2026-11-26T10:00:00Z') });
});

test.each([
  ['a rollout that came to its end', { replicas: 2, updatedReplicas: 2, readyReplicas: 2 }, 2],
  [
    'one whose first new copy does not start, while the old ones serve',
    { replicas: 3, updatedReplicas: 1, readyReplicas: 2 },
    0,
  ],
  ['one that was only begun', { replicas: 2, readyReplicas: 2 }, 0],
  [
    'agents of which one of three nodes has the new one',
    { desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberReady: 3 },
    1,
  ],
])('of %s, what is as described is ready', async (_title, status, ready) => {
  programs.answer('kubectl get deployment,statefulset,daemonset -n stock -o json', {
    output: {
      items: [
        {
          kind: 'Deployment',
          metadata: { name: 'stock-api', namespace: 'stock', generation: 1 },
          spec: { replicas: 2, template: { spec: { containers: [{ image: 'x:1' }] } } },
          status: { observedGeneration: 1, ...status },
        },
      ],
    },
  });
  programs.answer('kubectl get pods -n stock -o json', { output: { items: [] } });
  const [api] = await componentsOf(inCluster().cluster);
  expect(api).toMatchObject({ name: 'api', ready });
  expect(api && stateOf(api)).toBe(ready === 2 ? 'ready' : 'rolling');
});

test('an engine stops and starts what stays, each after what it depends on, and removes nothing', async () => {
  const place = onEngine().place as DockerPlace;
  const lifecycle = new DockerLifecycle(place, signal);
  for (const asked of [
    'docker start stock-api stock-gateway stock-companion',
    'docker stop stock-companion stock-gateway stock-api',
    'docker restart stock-gateway stock-companion',
  ])
    programs.answer(asked, {});
  const [stack] = place.stacks;
  if (!stack) throw new Error('it has a stack');
  await lifecycle.start(stack);
  expect(await lifecycle.stop(stack, new Set(['gateway', 'api', 'companion']))).toEqual([]);
  await lifecycle.restart('gateway');
  expect(programs.asked).toHaveLength(3);
});

test('an engine on which a deployment broke off stops what is there', async () => {
  const place = onEngine().place as DockerPlace;
  programs.answer('docker stop stock-api', {});
  const [stack] = place.stacks;
  if (!stack) throw new Error('it has a stack');
  await new DockerLifecycle(place, signal).stop(stack, new Set(['api']));
  expect(programs.asked).toEqual(['docker stop stock-api']);
});

test.each([
  ['an engine that is frozen in between', 'Cannot connect to the Docker daemon', 1],
  ['one that only says something about one of them', 'no such container: stock-api\nrequest returned 500', 1],
])('of %s, containers that it does not tell of are not taken for missing', async (_title, said, status) => {
  programs.answer('docker container inspect stock-gateway stock-api stock-companion', { output: '[]', said, status });
  await expect(componentsOf(onEngine().engine)).rejects.toThrow(CannotTell);
});

test('what was stopped, or is not there, is not restarted, and nothing else either', async () => {
  const place = onEngine().engine;
  const gateway = { Name: '/stock-gateway', RestartCount: 0, Config: { Image: 'x:1' }, State: { Status: 'running' } };
  const api = { ...gateway, Name: '/stock-api', State: { Status: 'exited', ExitCode: 0 } };
  programs.answer('docker version --format {{.Server.Version}}', { output: '28' });
  programs.answer('docker container inspect stock-gateway stock-api stock-companion', {
    output: [gateway, api],
    said: 'no such container: stock-companion',
    status: 1,
  });
  const taking = { command: 'restart trial', signal };
  await expect(restart(place, ['gateway', 'api', 'companion'], new Progress(false), taking)).rejects.toThrow(
    'nothing was restarted: api is stopped, companion is missing; start it: npm run stockops -- up trial',
  );
  expect(programs.asked.filter((asked) => asked.startsWith('docker restart'))).toEqual([]);
  const { upCommand } = onEngine();
  await expect(requireThere(place, 'companion', upCommand, signal)).rejects.toThrow('npm run stockops -- up trial');
});

test('a cluster scales what was stopped to what is described, and leaves alone what runs', async () => {
  const { cluster } = inCluster();
  const lifecycle = new KubernetesLifecycle(cluster, signal);
  const [stack] = cluster.stacks;
  if (!stack) throw new Error('it has a stack');
  const replicas = (name: string) => `kubectl get deployment ${name} -n stock -o jsonpath={.spec.replicas}`;
  programs.answer(replicas('stock-api'), { output: '0' });
  programs.answer(replicas('stock-gateway'), { output: '5' });
  programs.answer('kubectl scale deployment/stock-api -n stock --replicas=2', {});
  programs.answer(schedule, { output: 'cronjob.batch/stock-maintenance' });
  programs.answer('kubectl patch cronjob stock-maintenance -n stock -p {"spec":{"suspend":false}}', {});
  await lifecycle.start(stack);
  expect(programs.asked.filter((asked) => asked.includes(' scale '))).toEqual([
    'kubectl scale deployment/stock-api -n stock --replicas=2',
  ]);
});

test('a cluster that is stopped keeps everything but its pods', async () => {
  const { cluster } = inCluster();
  const [stack] = cluster.stacks;
  if (!stack) throw new Error('it has a stack');
  programs.answer(schedule, { output: 'cronjob.batch/stock-maintenance' });
  programs.answer('kubectl patch cronjob stock-maintenance -n stock -p {"spec":{"suspend":true}}', {});
  for (const name of ['stock-api', 'stock-gateway']) {
    programs.answer(`kubectl scale deployment/${name} -n stock --replicas=0`, {});
    programs.answer(`kubectl wait --for=delete --timeout=300s pod -n stock -l app.kubernetes.io/instance=${name}`, {
      said: 'error: no matching resources found',
      status: 1,
    });
  }
  expect(await new KubernetesLifecycle(cluster, signal).stop(stack, new Set(['api', 'gateway']))).toEqual([]);
  expect(programs.asked.filter((asked) => /kubectl delete|destroy/.test(asked))).toEqual([]);
  expect(programs.asked).toHaveLength(6);
});

test('a cluster in which a deployment broke off is stopped as far as it is there', async () => {
  const { cluster } = inCluster();
  const [stack] = cluster.stacks;
  if (!stack) throw new Error('it has a stack');
  programs.answer(schedule, {});
  expect(await new KubernetesLifecycle(cluster, signal).stop(stack, new Set())).toEqual([]);
  expect(programs.asked).toEqual([schedule]);
});

test('the log of a component is that of all its copies; another name is refused with those there are', () => {
  const { words } = logCommand(inCluster('prod').cluster, 'api', { since: '15m', isFollowing: true });
  expect(words.join(' ')).toBe(
    '--context prod logs -n stock -l app.kubernetes.io/instance=stock-api -c api --tail=-1 --max-log-requests=20 --ignore-errors --since=15m --follow',
  );
  expect(() => logCommand(inCluster().cluster, 'toString', {})).toThrow(
    /no component 'toString'; allowed: api, gateway, backup/,
  );
});

test.each(['15', 'm15', '1w', '-1m', ''])('%j is no span of time', (span) => {
  expect(() => secondsOf(span)).toThrow(/no span of time; allowed/);
});

test('errors of a log are those of the last quarter of an hour, the newest first', () => {
  const record = (level: string, minutesAgo: number, message: string) =>
    JSON.stringify({
      'log.level': level,
      '@timestamp': new Date(Date.now() - minutesAgo * 60_000).toISOString(),
      message,
    });
  const log = [
    record('error', 20, 'old'),
    record('info', 1, 'fine'),
    record('error', 5, 'one'),
    'no JSON',
    '{',
    record('fatal', 1, 'two'),
  ];
  expect(errorsIn('api', log.join('\n')).map(({ text }) => text)).toEqual(['two', 'one']);
});
