import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './terraform';

/**
 * What clients notice of everything that happens to a deployed environment: 30 requests a second from a pod outside its
 * namespace, while its parts are rolled, deleted, away or given a wrong image. See docs/end-to-end.md.
 */
const namespace = 'stock-analysis';
const loadNamespace = 'stock-analysis-load';
const awaySeconds = 75;

interface Scenario {
  readonly title: string;
  readonly seconds: number;
  readonly happens: () => Promise<void> | void;
}

interface Outcome {
  readonly total: number;
  readonly failed: number;
  /** From the first request that failed to the last. */
  readonly spanSeconds: number;
  readonly answers: Readonly<Record<string, number>>;
}

const kubectl = (...args: string[]) =>
  run('kubectl', ['--kubeconfig', process.env.KUBE_CONFIG_PATH ?? missingKubeconfig(), ...args]);
const inSystem = (...args: string[]) => kubectl('-n', namespace, ...args);
const fullName = (component: string) => `stock-analysis-${component}`;

const rolled = (component: string): Scenario => ({
  title: `${component} rolled`,
  seconds: 90,
  happens() {
    inSystem('rollout', 'restart', `deployment/${fullName(component)}`);
    inSystem('rollout', 'status', `deployment/${fullName(component)}`, '--timeout=80s');
  },
});

const deleted = (component: string): Scenario => ({
  title: `${component} deleted`,
  seconds: 60,
  happens() {
    inSystem('delete', 'pod', '--wait=false', '-l', `app.kubernetes.io/name=${component}`);
  },
});

const away = (component: string): Scenario => ({
  title: `${component} away ${awaySeconds} s`,
  seconds: awaySeconds + 45,
  async happens() {
    const set = `statefulset/${fullName(component)}`;
    inSystem('scale', set, '--replicas=0');
    await sleep(awaySeconds * 1000);
    inSystem('scale', set, '--replicas=1');
    inSystem('rollout', 'status', set, '--timeout=60s');
  },
});

/** The right image alone has to repair it. */
const wrongImage = (component: string): Scenario => ({
  title: `${component} with a wrong image for 30 s`,
  seconds: 120,
  async happens() {
    const set = `statefulset/${fullName(component)}`;
    const right = inSystem('get', set, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
    inSystem('set', 'image', set, `${component}=registry.invalid/nothing:0`);
    await sleep(30_000);
    inSystem('set', 'image', set, `${component}=${right}`);
    try {
      inSystem('rollout', 'status', set, '--timeout=60s');
    } catch {
      console.error(`${component}: the right image does not repair it; its pod is deleted by hand`);
      inSystem('delete', 'pod', '-l', `app.kubernetes.io/name=${component}`);
      inSystem('rollout', 'status', set, '--timeout=60s');
    }
  },
});

const scenarios: readonly Scenario[] = [
  { title: 'nothing happens', seconds: 20, happens: () => {} },
  ...['api', 'worker', 'gateway'].flatMap((component) => [rolled(component), deleted(component)]),
  away('queue'),
  away('postgres'),
  wrongImage('queue'),
];

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((title) => !scenarios.some((scenario) => scenario.title === title));
  assert.equal(unknown, undefined, `there is no "${unknown}", there are:\n${titles()}`);
  await loadRows();
  const key = stock('apikey', 'create', '--name', 'rolls', '--scopes', 'read');
  kubectl('create', 'namespace', loadNamespace);
  try {
    for (const scenario of scenarios) {
      if (chosen.length === 0 || chosen.includes(scenario.title)) await measure(scenario, key);
    }
  } finally {
    kubectl('delete', 'namespace', loadNamespace);
  }
}

const titles = () => scenarios.map(({ title }) => title).join('\n');

/** The rows that the load asks for. */
async function loadRows(): Promise<void> {
  const days = ['--symbols', '604981.SH', '--start', '2024-01-01', '--end', '2024-03-31'];
  const id = stock('jobs', 'submit', 'ingest', '--source', 'sample', ...days);
  for (let waited = 0; JSON.parse(stock('jobs', 'show', id)).state !== 'completed'; waited += 1) {
    assert.ok(waited < 60, `job ${id} is not completed after a minute`);
    await sleep(1000);
  }
}

/** The application's command line, in the pod of the API. */
const stock = (...args: string[]) =>
  inSystem('exec', `deployment/${fullName('api')}`, '-c', 'api', '--', 'node', '/app/dist/stock.js', ...args).trim();

async function measure({ title, seconds, happens }: Scenario, key: string): Promise<void> {
  const image = inSystem(
    'get',
    `deployment/${fullName('api')}`,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  );
  const environment = {
    URL: `http://${fullName('gateway')}.${namespace}:8080`,
    API_KEY: key,
    SECONDS: `${seconds}`,
  };
  const variables = Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`);
  const client = readFileSync(join(__dirname, 'load-client.js'), 'utf8');
  const where = ['-n', loadNamespace];
  const how = ['--image', image, '--image-pull-policy=IfNotPresent', '--restart=Never'];
  kubectl(...where, 'run', 'load', ...how, ...variables, '--command', '--', 'node', '-e', client);
  try {
    kubectl(...where, 'wait', 'pod/load', '--for=condition=Ready', '--timeout=60s');
    await sleep(5000);
    await happens();
    kubectl(...where, 'wait', 'pod/load', '--for=jsonpath={.status.phase}=Succeeded', `--timeout=${seconds + 60}s`);
    const { total, failed, spanSeconds, answers } = JSON.parse(kubectl(...where, 'logs', 'load')) as Outcome;
    console.error(`${title}: ${failed} of ${total} failed, within ${spanSeconds} s ${JSON.stringify(answers)}`);
  } finally {
    kubectl(...where, 'delete', 'pod', 'load', '--force', '--grace-period=0');
    inSystem('wait', 'pods', '--all', '--for=condition=Ready', '--timeout=120s');
  }
}

function missingKubeconfig(): never {
  throw new Error(
    'set KUBE_CONFIG_PATH to the kubeconfig of a cluster with a deployed environment; see docs/end-to-end.md',
  );
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
