import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentByName } from '../config/environments';
import { ClusterLoad, loadNamespace, loadRows, type Outcome } from './cluster-load';
import { markdownTable } from './markdown-table';
import { run, synthesizeInstead, synthesizeStacks } from './terraform';

/**
 * What clients notice of everything that happens to a deployed environment: 30 requests a second from a pod outside its
 * namespace, one in ten a job, while its parts are rolled, deleted, killed, away, or given a wrong or a later image. See
 * docs/end-to-end.md.
 */
const namespace = 'stock-analysis';
const awaySeconds = 75;

interface Scenario {
  readonly title: string;
  readonly seconds: number;
  /** Replicas of the API meanwhile. @default 1 */
  readonly replicas?: number;
  readonly happens: () => Promise<void> | void;
}

const kubeconfig = (): string => process.env.KUBE_CONFIG_PATH ?? missingKubeconfig();
const kubectl = (...args: string[]) => run('kubectl', ['--kubeconfig', kubeconfig(), ...args]);
const inSystem = (...args: string[]) => kubectl('-n', namespace, ...args);
const fullName = (component: string) => `stock-analysis-${component}`;

const rolled = (component: string): Scenario => ({
  title: `${component} rolled`,
  seconds: 60,
  happens() {
    inSystem('rollout', 'restart', `deployment/${fullName(component)}`);
    rolledOut(component);
  },
});

const deleted = (component: string): Scenario => ({
  title: `${component} deleted`,
  seconds: 45,
  happens() {
    inSystem('delete', 'pod', '--wait=false', '-l', `app.kubernetes.io/name=${component}`);
  },
});

/** The container alone, as where it runs out of memory; its pod and the address of that stay. */
const killed = (component: string): Scenario => ({
  title: `${component} killed (SIGKILL)`,
  seconds: 30,
  happens: () => kill(component),
});

const oneOfTwo = ({ title, ...scenario }: Scenario): Scenario => ({
  ...scenario,
  title: `one of two: ${title}`,
  replicas: 2,
});

/** To an image with a later migration, all that runs from it, and back while the database has that migration. */
const rolledForwardAndBack: Scenario = {
  title: 'image rolled forward over a migration, and back',
  seconds: 120,
  happens() {
    const { NEXT_IMAGE } = process.env;
    assert.ok(NEXT_IMAGE, 'set NEXT_IMAGE to an image in the cluster that has a migration more');
    const before = imageOf('api');
    for (const image of [NEXT_IMAGE, before]) {
      for (const component of ['api', 'worker', 'scheduler'])
        inSystem('set', 'image', `deployment/${fullName(component)}`, `*=${image}`);
      for (const component of ['api', 'worker', 'scheduler']) rolledOut(component);
    }
  },
};

const inAll = <K extends string>(keys: readonly K[], revision: number) =>
  Object.fromEntries(keys.map((key) => [key, revision])) as Record<K, number>;

/** Every password and the API's secret key made anew, by applies as a release has them, twice: the second voids the first. */
const rotated: Scenario = {
  title: 'passwords rotated twice',
  seconds: 480,
  happens() {
    const dev = environmentByName('dev');
    assert.ok(
      dev.postgres.topology === 'bundled' && dev.queue.topology === 'bundled' && dev.cache.topology === 'bundled',
    );
    const before = { app: secretText('postgres-app', 'password'), api: secretText('queue-api', 'password') };
    const stacks = synthesizeStacks('dev', {});
    for (const revision of [2, 3]) {
      synthesizeInstead({
        ...dev,
        postgres: {
          ...dev.postgres,
          passwordRevisions: inAll(['owner', 'app', 'read', 'backup', 'monitor'], revision),
        },
        queue: { ...dev.queue, passwordRevisions: inAll(['api', 'worker', 'scheduler'], revision) },
        cache: { ...dev.cache, passwordRevisions: inAll(['api', 'worker'], revision) },
        api: { ...dev.api, secretKeyRevision: revision },
      });
      for (const stack of stacks) stack.apply();
      for (const stack of stacks) stack.requireEmptyPlan();
    }
    const { app, api } = { app: secretText('postgres-app', 'password'), api: secretText('queue-api', 'password') };
    assert.deepEqual(
      [askPostgres('stock_app', app), askQueue('api', api)],
      [true, true],
      'the present passwords are refused',
    );
    assert.deepEqual(
      [askPostgres('stock_app', before.app), askQueue('api', before.api)],
      [false, false],
      'the passwords of two raises ago are good still',
    );
  },
};

const secretText = (label: string, key: string): string =>
  Buffer.from(inSystem('get', 'secret', fullName(label), '-o', `jsonpath={.data.${key}}`), 'base64').toString();

const askPostgres = (user: string, password: string): boolean =>
  inSystem(
    ...['exec', `statefulset/${fullName('postgres')}`, '--', 'sh', '-c'],
    `PGPASSWORD='${password}' psql -h 127.0.0.1 -U ${user} stockdb -Atc 'SELECT 7' 2>/dev/null || true`,
  ).trim() === '7';

const askQueue = (user: string, password: string): boolean =>
  inSystem(
    ...['exec', `statefulset/${fullName('queue')}`, '--', 'sh', '-c'],
    `REDISCLI_AUTH='${password}' redis-cli --user ${user} ping 2>/dev/null || true`,
  ).trim() === 'PONG';

const rolledOut = (component: string) =>
  inSystem('rollout', 'status', `deployment/${fullName(component)}`, '--timeout=100s');

const imageOf = (component: string) =>
  inSystem(
    ...['get', `deployment/${fullName(component)}`, '-o'],
    `jsonpath={.spec.template.spec.containers[?(@.name=="${component}")].image}`,
  );

/** Kills the main process of the first pod's container, from a pod that sees the processes of its node. */
function kill(component: string): void {
  const [id = '', node = ''] = inSystem(
    ...['get', 'pods', '-l', `app.kubernetes.io/name=${component}`, '-o'],
    `jsonpath={.items[0].status.containerStatuses[?(@.name=="${component}")].containerID} {.items[0].spec.nodeName}`,
  ).split(' ');
  const container = {
    name: 'killer',
    image: imageOf('api'),
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', readFileSync(join(__dirname, 'kill-container.js'), 'utf8'), id.replace(/^.*:\/\//, '')],
    securityContext: { runAsUser: 0 },
  };
  const pod = {
    apiVersion: 'v1',
    spec: { hostPID: true, nodeName: node, restartPolicy: 'Never', containers: [container] },
  };
  const inLoad = (...args: string[]) => kubectl('-n', loadNamespace, ...args);
  inLoad('run', 'killer', '--image', container.image, '--restart=Never', `--overrides=${JSON.stringify(pod)}`);
  inLoad('wait', 'pod/killer', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=30s');
  inLoad('delete', 'pod', 'killer');
}

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
  ...['api', 'worker', 'gateway'].flatMap((component) => [rolled(component), deleted(component), killed(component)]),
  ...[deleted('api'), killed('api')].map(oneOfTwo),
  ...(process.env.NEXT_IMAGE ? [rolledForwardAndBack] : []),
  rotated,
  away('queue'),
  away('postgres'),
  wrongImage('queue'),
];

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((title) => !scenarios.some((scenario) => scenario.title === title));
  assert.equal(unknown, undefined, `there is no "${unknown}", there are:\n${titles()}`);
  await loadRows(stock);
  const key = stock('apikey', 'create', '--name', 'rolls', '--scopes', 'read,write');
  const load = new ClusterLoad(kubeconfig(), `http://${fullName('gateway')}.${namespace}:8080`, key, imageOf('api'));
  await load.begin();
  const rows: Array<Array<string | number>> = [];
  try {
    for (const scenario of scenarios) {
      if (chosen.length > 0 && !chosen.includes(scenario.title)) continue;
      const { total, failed, spanSeconds, answers, jobs } = await measure(scenario, load);
      console.error(
        `${scenario.title}: ${failed} of ${total} failed, within ${spanSeconds} s ${JSON.stringify(answers)}`,
      );
      rows.push([scenario.title, `${failed} of ${total}`, spanSeconds, jobs.accepted, jobs.lost]);
    }
  } finally {
    await load.end();
    console.log(markdownTable(['what happens', 'failed', 'from first to last, s', 'jobs accepted', 'lost'], rows));
  }
}

const titles = () => scenarios.map(({ title }) => title).join('\n');

/** The application's command line, in the pod of the API. */
const stock = (...args: string[]) =>
  inSystem('exec', `deployment/${fullName('api')}`, '-c', 'api', '--', 'node', '/app/dist/stock.js', ...args).trim();

async function measure({ seconds, replicas = 1, happens }: Scenario, load: ClusterLoad): Promise<Outcome> {
  scaleApi(replicas);
  try {
    await load.start(seconds);
    await sleep(5000);
    await happens();
    return await load.outcome(seconds);
  } finally {
    scaleApi(1);
    for (const component of ['api', 'worker', 'gateway', 'scheduler']) rolledOut(component);
  }
}

function scaleApi(replicas: number): void {
  inSystem('scale', `deployment/${fullName('api')}`, `--replicas=${replicas}`);
  rolledOut('api');
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
