import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { useThrough } from './journey';
import { refuseSecretsIn } from './secret-search';
import { requireTargetsUp } from './targets';
import { run, step, synthesizeStacks } from './terraform';
import { until } from './until';

/**
 * Deploys the dev environment to the cluster of KUBE_CONFIG_PATH, uses it, plans again, and destroys it.
 * See docs/end-to-end.md for what it needs.
 */
const namespace = 'stock-analysis';
const stateNamespace = 'terraform-state';
const localPort = 18_080;
const prometheus = `/api/v1/namespaces/${namespace}/pods/stock-analysis-prometheus-0:9090/proxy/prometheus`;

const kubectl = (...args: string[]) =>
  run('kubectl', ['--kubeconfig', process.env.KUBE_CONFIG_PATH ?? missingKubeconfig(), ...args]);

async function main(): Promise<void> {
  refuseToOverwrite();
  const stacks = synthesizeStacks('dev', { ALLOW_DESTROY: 'dev' });
  kubectl('create', 'namespace', stateNamespace);
  try {
    for (const stack of stacks) stack.apply();
    step('all pods are ready', () =>
      kubectl('wait', 'pods', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=120s'),
    );
    await useThroughGateway();
    await requireTargetsUp(askPrometheus);
    await requireKubeletsTell();
    step('only declared flows pass', requireDeclaredFlowsOnly);
    for (const stack of stacks) stack.requireEmptyPlan();
    step('no secret is in a state', () => refuseGeneratedIn(stacks.map((stack) => stack.state()).join('\n')));
  } finally {
    for (const stack of stacks.toReversed()) stack.destroy();
    kubectl('delete', 'namespace', stateNamespace);
  }
  step('nothing is left', () => assert.equal(kubectl('get', 'namespace', namespace, '--ignore-not-found'), ''));
}

async function useThroughGateway(): Promise<void> {
  const stock = [
    'exec',
    '-n',
    namespace,
    'deployment/stock-analysis-api',
    '-c',
    'api',
    '--',
    'node',
    '/app/dist/stock.js',
  ];
  const forward = spawn(
    'kubectl',
    [
      '--kubeconfig',
      `${process.env.KUBE_CONFIG_PATH}`,
      'port-forward',
      '-n',
      namespace,
      'service/stock-analysis-gateway',
      `${localPort}:8080`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(forward.stdout, 'data');
    await useThrough(`http://localhost:${localPort}`, (...words) => kubectl(...stock, ...words));
  } finally {
    forward.kill();
  }
}

const askPrometheus = (path: string) => kubectl('get', '--raw', `${prometheus}${path}`);

/** A kubelet measures volumes once a minute, and is asked twice in that. */
const measuredSeconds = 150;

/** What the kubelets tell of our claims and containers is in Prometheus. */
async function requireKubeletsTell(): Promise<void> {
  const claims = kubectl('get', 'pvc', '-n', namespace, '-o', 'jsonpath={.items[*].metadata.name}').split(' ');
  await requireSeries('kubelet_volume_stats_capacity_bytes', 'persistentvolumeclaim', claims);
  const containers = containersKnownToKubelets();
  if (containers.length > 0) await requireSeries('container_cpu_cfs_periods_total', 'container', containers);
  else console.error('the kubelets of this cluster name no container: their cAdvisor finds no container runtime');
}

/** Those of our namespace that have a limit of processor time. */
function containersKnownToKubelets(): string[] {
  const nodes = kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}').split(' ');
  const told = nodes.map((node) => kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/cadvisor`)).join('\n');
  const ours = told
    .split('\n')
    .filter((line) => line.startsWith('container_cpu_cfs_periods_total{') && line.includes(`namespace="${namespace}"`))
    .map((line) => /container="([^"]*)"/.exec(line)?.[1] ?? '');
  return [...new Set(ours)].filter((name) => name !== '');
}

/** That there is a series of the metric for each of these values of a label. */
async function requireSeries(metric: string, label: string, wanted: readonly string[]): Promise<void> {
  const query = encodeURIComponent(`group by (${label}) (${metric}{namespace="${namespace}"})`);
  let missing = wanted;
  const areAllThere = await until(
    measuredSeconds,
    async () => {
      const { result } = JSON.parse(askPrometheus(`/api/v1/query?query=${query}`)).data as QueryData;
      const told = result.map(({ metric: labels }) => labels[label] ?? '');
      missing = wanted.filter((value) => !told.includes(value));
      return missing.length === 0;
    },
    2_000,
  );
  assert.ok(areAllThere, `Prometheus has no ${metric} of ${missing.join(', ')}`);
  console.error(`the kubelets tell ${metric} of ${wanted.join(', ')}`);
}

interface QueryData {
  readonly result: ReadonlyArray<{ readonly metric: Readonly<Record<string, string>> }>;
}

/** What a network plug-in makes of the policies: one flow that is declared, and the same from where it is not. */
function requireDeclaredFlowsOnly(): void {
  const connect = 'timeout 5 bash -c "</dev/tcp/stock-analysis-postgres/5432" && echo passed || echo refused';
  const from = (component: string) =>
    kubectl(
      'exec',
      '-n',
      namespace,
      `deployment/stock-analysis-${component}`,
      '-c',
      component,
      '--',
      'bash',
      '-c',
      connect,
    );
  assert.equal(from('api').trim(), 'passed', 'the API reaches PostgreSQL');
  assert.equal(from('gateway').trim(), 'refused', 'the gateway does not');
}

/** Every generated value of the cluster, looked for in every state. */
function refuseGeneratedIn(states: string): void {
  const { items } = JSON.parse(kubectl('get', 'secrets', '-n', namespace, '-o', 'json')) as {
    items: Array<{ type: string; metadata: { name: string }; data: Record<string, string> }>;
  };
  const secrets = items
    .filter(({ type }) => type === 'Opaque')
    .flatMap(({ metadata, data }) =>
      Object.entries(data).map(([key, value]) => ({
        name: `${metadata.name}/${key}`,
        text: Buffer.from(value, 'base64').toString(),
      })),
    );
  refuseSecretsIn(states, secrets);
}

function refuseToOverwrite(): void {
  for (const name of [namespace, stateNamespace]) {
    const found = kubectl('get', 'namespace', name, '--ignore-not-found', '-o', 'name');
    assert.equal(found, '', `namespace ${name} exists; this script deletes it at the end: choose another cluster`);
  }
}

function missingKubeconfig(): never {
  throw new Error('set KUBE_CONFIG_PATH to the kubeconfig of a cluster that may be used; see docs/end-to-end.md');
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
