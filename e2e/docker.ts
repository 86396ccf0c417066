import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentByName } from '../config/environments';
import { secretsOf } from '../constructs/workload/secret-files';
import { containers, docker, ours, requireWell, staying } from './containers';
import { useThrough } from './journey';
import { refuseSecretsIn, type Secret } from './secret-search';
import { requireTargetsUp } from './targets';
import { type DeployedStack, run, step, synthesizeInstead, synthesizeStacks } from './terraform';
import { until } from './until';

/**
 * Deploys the local environment to this machine's engine, uses it, kills its processes, plans again, and destroys it.
 * See docs/end-to-end.md for what it needs.
 */
const local = environmentByName('local');
const root = join(__dirname, '..');
const gateway = 'http://localhost:8080';
const backSeconds = 120;

const inApi = ['exec', 'stock-analysis-api', 'node', '/app/dist/stock.js'];
const inPrometheus = ['exec', 'stock-analysis-prometheus', 'wget', '-qO-'];
const requireAllTargetsUp = () =>
  requireTargetsUp((path) => docker(...inPrometheus, `http://127.0.0.1:9090/prometheus${path}`));

async function main(): Promise<void> {
  refuseToOverwrite();
  run('node', ['--import', 'tsx', 'stacks/write-secret-files.ts']);
  const stacks = synthesizeStacks('local', {});
  step('the images are there', () => requireImages(stacks));
  try {
    for (const stack of stacks) stack.apply();
    await requireWell(backSeconds);
    await useThrough(gateway, (...words) => docker(...inApi, ...words));
    await requireAllTargetsUp();
    await requireClosed();
    await comeBackAfterKill();
    for (const stack of stacks) stack.requireEmptyPlan();
    step('one changed setting changes what it says, and nothing else', () => requireFewChanges(stacks));
    step('protected data is not destroyed', () => requireProtectedData(stacks));
    step('no secret is in a state', () =>
      refuseSecretsIn(stacks.map((stack) => stack.state()).join('\n'), generatedSecrets()),
    );
  } finally {
    synthesizeInstead(local);
    for (const stack of stacks.toReversed()) stack.destroy();
  }
  step('nothing is left', () => {
    for (const kind of [
      ['ps', '-a'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ] as const)
      assert.deepEqual(ours(...kind), []);
  });
}

function refuseToOverwrite(): void {
  assert.deepEqual(
    [...ours('ps', '-a'), ...ours('volume', 'ls')],
    [],
    'containers or volumes of the system exist; this script destroys them at the end: remove them first',
  );
}

/** Those that are not built are on the engine, or can be had: said of all at once, before anything is made. */
function requireImages(stacks: readonly DeployedStack[]): void {
  const missing = stacks
    .flatMap((stack) => stack.imagesToPull())
    .filter((name) => !succeeds('image', 'inspect', name) && !succeeds('pull', '-q', name));
  assert.deepEqual(
    missing,
    [],
    'images are neither on the engine nor to be pulled: set IMAGE_REGISTRY to a registry that has them, or load them under these names',
  );
}

const succeeds = (...args: string[]): boolean => {
  try {
    docker(...args);
    return true;
  } catch {
    return false;
  }
};

/** The machine's other addresses lead to nothing, and web interfaces ask who it is. */
async function requireClosed(): Promise<void> {
  const published = containers().flatMap(({ Name, NetworkSettings }) =>
    Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, hosts]) =>
      (hosts ?? []).map(({ HostIp }) => `${Name} ${port} on ${HostIp}`),
    ),
  );
  assert.deepEqual(published, ['/stock-analysis-gateway 8080/tcp on 127.0.0.1']);
  const [, password = ''] = secret('gateway-login/htpasswd').trim().split('operator:{PLAIN}');
  for (const path of ['/prometheus/api/v1/targets', '/alertmanager/api/v2/status']) {
    const status = async (given?: string) => {
      const authorization = `Basic ${Buffer.from(`operator:${given}`).toString('base64')}`;
      return (await fetch(`${gateway}${path}`, { headers: given === undefined ? {} : { authorization } })).status;
    };
    assert.deepEqual([await status(), await status('wrong'), await status(password)], [401, 401, 200], path);
  }
  console.error('the gateway alone is published, on 127.0.0.1, and web interfaces ask for a password');
}

/** The process beside which the engine's own init runs; in the application's image, which has what can kill it. */
const killMain = `
  const { readdirSync, readFileSync } = require('node:fs');
  const parentOf = (id) => /^PPid:\\s+(\\d+)/m.exec(readFileSync('/proc/' + id + '/status', 'utf8'))[1];
  const mains = readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && name !== '1' && parentOf(name) === '1');
  for (const id of mains) process.kill(Number(id), 'SIGKILL');`;

/** All at once, so that each finds the others away when it starts. */
async function comeBackAfterKill(): Promise<void> {
  const image = docker('inspect', '--format', '{{.Image}}', 'stock-analysis-api').trim();
  const killed = staying();
  for (const { Name } of killed) {
    const shared = `container:${Name.slice(1)}`;
    // Not waited for: with the container's processes goes whoever has joined them.
    docker(
      'run',
      '--detach',
      '--rm',
      '--network=none',
      '--user=0',
      `--pid=${shared}`,
      '--entrypoint=node',
      image,
      '-e',
      killMain,
    );
  }
  const isAnew = (name: string) =>
    killed.find((each) => each.Name === name)?.State.StartedAt !==
    staying().find((each) => each.Name === name)?.State.StartedAt;
  const areAnew = await until(backSeconds, async () => killed.every(({ Name }) => isAnew(Name)), 1_000);
  assert.ok(areAnew, 'the processes of every container were killed, and each was started again');
  console.error(`${killed.length} containers were started again after their processes were killed`);
  await requireWell(backSeconds);
  await requireAllTargetsUp();
  await useThrough(gateway, (...words) => docker(...inApi, ...words));
}

function requireFewChanges(stacks: readonly DeployedStack[]): void {
  const changed = { ...local, worker: { ...local.worker, concurrency: local.worker.concurrency + 1 } };
  synthesizeInstead(changed);
  assert.deepEqual(
    stacks.flatMap((stack) => stack.plannedChanges()),
    // The last carries the environment's configuration to where copies are made, which reads it without a restart.
    ['docker_container.worker', 'docker_container.worker-preparation', 'docker_container.backup-files-configuration'],
  );
}

/** The local environment does not protect its data; one like it that does is refused what destroys it. */
function requireProtectedData(stacks: readonly DeployedStack[]): void {
  synthesizeInstead({ ...local, deletionProtection: true });
  const withVolumes = stacks.filter(({ name }) => /-(data|observability)$/.test(name));
  for (const stack of withVolumes) stack.requireProtection();
}

const secret = (path: string): string => readFileSync(join(root, secretsOf('local'), path), 'utf8');

/** Every file that a secret is read from; those that people have to give are empty. */
function generatedSecrets(): Secret[] {
  const files = readdirSync(join(root, secretsOf('local')), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && file.name !== '.revision')
    .map(({ name, parentPath }) => join(parentPath, name))
    .map((path) => ({ name: path, text: readFileSync(path, 'utf8') }));
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
