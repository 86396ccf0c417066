import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until';
import type { Case } from './case';

const namespace = 'stock-analysis';
const stateNamespace = 'terraform-state';
const shiftedClock = path.join(__dirname, '../faults/shifted-clock.cjs');
const defaultMark = 'storageclass.kubernetes.io/is-default-class';

const kubectl = (...words: string[]): string => execFileSync('kubectl', words, { encoding: 'utf8' }).trim();
const quietly = (...words: string[]): void => {
  execFileSync('kubectl', words, { stdio: 'ignore' });
};

/** Terraform makes everything but this. */
export const makeNamespaceOfState = (): void =>
  void execFileSync('sh', ['-c', `kubectl create namespace ${stateNamespace} 2>/dev/null || true`]);

/** Set-ups of a cluster in which nothing is deployed. */
export const emptyClusterCases: readonly Case[] = [
  {
    name: 'no storage class is the default',
    by: 'the mark is taken from it',
    environment: 'dev',
    only: 'K8S-003',
    expected: { id: 'K8S-003', state: 'fail' },
    break: async () => {
      const name = kubectl('get', 'storageclass', '-o', 'name').split('\n')[0] ?? '';
      quietly('annotate', '--overwrite', name, `${defaultMark}=false`);
      return { mend: () => quietly('annotate', '--overwrite', name, `${defaultMark}=true`) };
    },
  },
  {
    name: 'this user may make nothing',
    by: 'the token of a service account without rights',
    environment: 'dev',
    only: 'K8S-004',
    expected: { id: 'K8S-004', state: 'fail' },
    break: async ({ folder }) => {
      const view = JSON.parse(kubectl('config', 'view', '--raw', '--minify', '-o', 'json'));
      const token = kubectl('create', 'token', 'default', '-n', 'default');
      const users = [{ name: view.users[0].name, user: { token } }];
      const file = path.join(folder, 'kubeconfig-without-rights');
      writeFileSync(file, JSON.stringify({ ...view, users }), { mode: 0o600 });
      return { variables: { KUBE_CONFIG_PATH: file } };
    },
  },
  {
    name: 'the namespace takes privileged pods',
    by: 'a namespace without the labels of Pod Security',
    environment: 'dev',
    only: 'K8S-007',
    expected: { id: 'K8S-007', state: 'fail' },
    break: async () => {
      quietly('create', 'namespace', namespace);
      return { mend: () => quietly('delete', 'namespace', namespace, '--wait=true') };
    },
  },
  {
    name: 'a lock is left on the state',
    by: 'a Terraform that had the state was killed with SIGKILL',
    environment: 'dev',
    only: 'STATE',
    expected: { id: 'STATE-002', state: 'fail' },
    break: ({ folder }) => leaveLock(path.join(folder, 'lock')),
  },
  {
    name: 'the clock is two minutes fast',
    by: "the doctor's own, moved",
    environment: 'dev',
    only: 'HOST-005',
    expected: { id: 'HOST-005', state: 'fail' },
    break: async () => ({
      variables: { NODE_OPTIONS: `--require ${shiftedClock}`, CLOCK_AHEAD_SECONDS: '120' },
    }),
  },
];

/** Set-ups of a cluster in which `dev` is deployed. */
export const deployedCases: readonly Case[] = [
  {
    name: 'an image is missing',
    by: 'the API is given one that nobody has',
    environment: 'dev',
    only: 'IMAGE-003',
    expected: { id: 'IMAGE-003', state: 'fail' },
    break: async () => {
      const deployment = `deployment/${namespace}-api`;
      const before = kubectl(
        'get',
        deployment,
        '-n',
        namespace,
        '-o',
        'jsonpath={.spec.template.spec.containers[0].image}',
      );
      quietly('set', 'image', deployment, '-n', namespace, 'api=stock-analysis/app:absent');
      await until(60, async () => /ErrImage|ImagePull/.test(kubectl('get', 'pods', '-n', namespace)));
      return { mend: () => quietly('set', 'image', deployment, '-n', namespace, `api=${before}`) };
    },
  },
  {
    name: 'a Secret has lost its text',
    by: 'an empty password',
    environment: 'dev',
    only: 'SECRET-003',
    expected: { id: 'SECRET-003', state: 'fail' },
    break: async () => {
      const secret = ['secret', `${namespace}-queue-worker`, '-n', namespace];
      const before = kubectl('get', ...secret, '-o', 'jsonpath={.data.password}');
      const patch = (password: string) => quietly('patch', ...secret, '-p', JSON.stringify({ data: { password } }));
      patch('');
      return { mend: () => patch(before) };
    },
  },
  {
    name: 'nothing of the API runs',
    by: 'it is scaled to none',
    environment: 'dev',
    only: 'RUN',
    expected: { id: 'RUN-001', state: 'fail' },
    break: async () => {
      const scale = (replicas: number) =>
        quietly('scale', `deployment/${namespace}-api`, '-n', namespace, `--replicas=${replicas}`);
      scale(0);
      await sleep(2_000);
      return {
        mend: () => {
          scale(1);
          quietly('rollout', 'status', `deployment/${namespace}-api`, '-n', namespace, '--timeout=180s');
        },
      };
    },
  },
  {
    name: 'the newest copy is older than a day',
    by: "the doctor's own clock, three days ahead: no copy is younger",
    environment: 'dev',
    only: 'BACKUP',
    expected: { id: 'BACKUP-001', state: 'fail' },
    break: async () => ({
      variables: { NODE_OPTIONS: `--require ${shiftedClock}`, CLOCK_AHEAD_SECONDS: `${3 * 86_400}` },
    }),
  },
];

/** Kills a Terraform that has the state of the first stack. */
async function leaveLock(folder: string) {
  const suffix = 'stock-analysis-dev-platform';
  const lease = ['lease', `lock-tfstate-default-${suffix}`, '-n', stateNamespace];
  mkdirSync(folder);
  const waits = { terraform_data: { waits: { provisioner: [{ 'local-exec': { command: 'sleep 600' } }] } } };
  const backend = { kubernetes: { namespace: stateNamespace, secret_suffix: suffix } };
  writeFileSync(path.join(folder, 'main.tf.json'), JSON.stringify({ terraform: { backend }, resource: waits }));
  execFileSync('terraform', ['init', '-input=false'], { cwd: folder, stdio: 'ignore' });
  const apply = spawn('terraform', ['apply', '-auto-approve', '-input=false'], {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
  });
  const holder = ['get', ...lease, '--ignore-not-found', '-o', 'jsonpath={.spec.holderIdentity}'];
  const isTaken = await until(60, async () => kubectl(...holder) !== '');
  await sleep(2_000);
  // With what it started: it is the leader of a group of its own.
  process.kill(-(apply.pid as number), 'SIGKILL');
  if (!isTaken) throw new Error('Terraform did not take the lock');
  return {
    mend: () => {
      quietly('delete', ...lease);
      quietly('delete', 'secret', `tfstate-default-${suffix}`, '-n', stateNamespace, '--ignore-not-found');
      rmSync(folder, { recursive: true });
    },
  };
}
