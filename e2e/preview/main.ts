import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, type Running, stockops } from '../deploy/stockops';
import { useThrough } from '../journey';
import { markdownTable } from '../markdown-table';
import { copyRepository } from '../repository-copy';
import { run, synthesizeStacks } from '../terraform';

/**
 * Raises previews beside the dev environment in the cluster of KUBE_CONFIG_PATH, from two checkouts at once, kills `stockops` in every step of up
 * and of down, reaps, and sees that nothing is left and nothing of dev was touched. See docs/end-to-end.md.
 */
const kubeconfig = process.env.KUBE_CONFIG_PATH;
if (!kubeconfig)
  throw new Error('set KUBE_CONFIG_PATH to the kubeconfig of a cluster that may be used; see docs/end-to-end.md');
const kubectl = (...words: string[]) => run('kubectl', ['--kubeconfig', kubeconfig, ...words]);
const dev = 'stock-analysis';
const stateNamespace = 'terraform-state';
const names = ['pr-1', 'pr-2', 'pr-3'];
const up = (name: string, ...words: string[]) => ['preview', 'up', name, '--no-monitoring', ...words];
const down = (name: string) => ['preview', 'down', name];
/** From its line: Terraform has begun. */
const inTheMiddleMilliseconds = 4_000;

const rows: (string | number)[][] = [];

async function main(): Promise<void> {
  for (const name of [dev, ...names.map((each) => `${dev}-${each}`)])
    assert.equal(kubectl('get', 'namespace', name, '--ignore-not-found'), '', `namespace ${name} is there already`);
  const copy = mkdtempSync(join(tmpdir(), 'second-checkout-'));
  const [platform] = synthesizeStacks('dev', { ALLOW_DESTROY: 'dev' });
  assert.ok(platform);
  try {
    copyRepository(copy);
    if (kubectl('get', 'namespace', stateNamespace, '--ignore-not-found') === '')
      kubectl('create', 'namespace', stateNamespace);
    platform.apply();
    kubectl('create', 'configmap', 'mark', '-n', dev, '--from-literal=is=untouched');
    const before = ofDev();
    await twoAtOnce(copy);
    await used('pr-1');
    await prolonged('pr-1');
    await killed('up, killed in each of its steps', up('pr-3'), {});
    await killed('down, from another checkout, killed in each of its steps', down('pr-1'), { root: copy });
    await downTwice('pr-2');
    await reaped('pr-3');
    nothingIsLeft();
    assert.equal(ofDev(), before, 'dev is as it was');
  } finally {
    console.log(markdownTable(['what', 'seconds', 'as expected'], rows));
    for (const name of names) await stockops(down(name));
    // What is compared with what was applied has the same name.
    synthesizeStacks('dev', { ALLOW_DESTROY: 'dev' })[0]?.destroy();
    rmSync(copy, { recursive: true });
  }
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  console.error(what);
  const began = performance.now();
  const row = [what, 0, 'NO'] as (string | number)[];
  rows.push(row);
  const result = await work();
  row.splice(1, 2, Math.round((performance.now() - began) / 1000), 'yes');
  return result;
}

const requireWell = ({ status, signal, said }: Ended): void =>
  assert.equal(status, 0, `ended with ${status ?? signal}: ${said}`);

const twoAtOnce = (copy: string) =>
  timed('two are raised at once, from two checkouts', async () => {
    const ended = await Promise.all([stockops(up('pr-1')), stockops(up('pr-2', '--owner', 'ada'), { root: copy })]);
    ended.forEach(requireWell);
    const { said } = await stockops(['preview', 'list']);
    assert.match(said, /pr-1 +dev .*wanted\n *pr-2 +dev +ada .*wanted/);
  });

const used = (name: string) =>
  timed('a job is posted through the gateway, and its rows are read', async () => {
    const namespace = `${dev}-${name}`;
    const inApi = [
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
    const { forward, port } = await forwarded(namespace);
    try {
      await useThrough(`http://localhost:${port}`, (...words) => kubectl(...inApi, ...words));
    } finally {
      forward.kill();
    }
  });

async function forwarded(namespace: string): Promise<{ forward: ChildProcess; port: string }> {
  const words = ['port-forward', '-n', namespace, 'service/stock-analysis-gateway', ':8080'];
  const forward = spawn('kubectl', ['--kubeconfig', `${kubeconfig}`, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [told] = await once(forward.stdout.setEncoding('utf8'), 'data');
  return { forward, port: /:(\d+) ->/.exec(told)?.[1] ?? '' };
}

const annotationOf = (name: string, annotation: string): string =>
  kubectl('get', 'namespace', `${dev}-${name}`, '-o', `jsonpath={.metadata.annotations.${annotation}}`);

const prolonged = (name: string) =>
  timed('up again: nothing changes but its time', async () => {
    const pods = kubectl('get', 'pods', '-n', `${dev}-${name}`, '-o', 'name');
    const until = annotationOf(name, 'janitor/expires');
    requireWell(await stockops(up(name, '--hours', '72')));
    assert.ok(annotationOf(name, 'janitor/expires') > until, 'it is prolonged');
    assert.equal(kubectl('get', 'pods', '-n', `${dev}-${name}`, '-o', 'name'), pods, 'its pods are the same');
  });

const killed = (what: string, words: readonly string[], running: Running) =>
  timed(what, async () => {
    for (let step = 1; ; step += 1) {
      const ended = await stockops(words, { ...running, killIn: step, killAfterMilliseconds: inTheMiddleMilliseconds });
      if (ended.signal === null) return requireWell(ended);
    }
  });

const downTwice = (name: string) =>
  timed('down, twice at once', async () => {
    const ended = await Promise.all([stockops(down(name)), stockops(down(name))]);
    const [well = [], refused = []] = [0, 1].map((status) => ended.filter((each) => each.status === status));
    assert.equal(well.length + refused.length, 2);
    assert.ok(well.length > 0);
    for (const { said } of refused) assert.match(said, /works on it since/);
    assert.match((await stockops(down(name))).said, /there is no preview pr-2/);
  });

const reaped = (name: string) =>
  timed('the reaper takes the one whose time has passed, and tells one that it knows nothing of', async () => {
    const record = ['configmap', `stockops-${name}-preview`, '-n', stateNamespace];
    const { text } = JSON.parse(kubectl('get', ...record, '-o', 'jsonpath={.data}'));
    const until = '2026-01-01T00:00:00Z';
    assert.match((await stockops(['preview', 'reap'])).said, new RegExp(`${name} +stays`));
    const data = { text: JSON.stringify({ ...JSON.parse(text), until }) };
    kubectl('patch', ...record, '-p', JSON.stringify({ data }));
    assert.match(
      (await stockops(['preview', 'reap'])).said,
      new RegExp(`${name} +stays`),
      'its namespace says otherwise',
    );
    kubectl('annotate', 'namespace', `${dev}-${name}`, '--overwrite', `janitor/expires=${until}`);
    kubectl('create', 'namespace', 'stray');
    kubectl('label', 'namespace', 'stray', 'stockanalysis.com/preview=stray');
    try {
      assert.match((await stockops(['preview', 'reap', '--dry-run'])).said, new RegExp(`${name} +would be taken down`));
      const { said, status } = await stockops(['preview', 'reap']);
      assert.match(said, new RegExp(`${name} +taken down[^]*stray +unclear`));
      assert.equal(status, 1);
      assert.notEqual(kubectl('get', 'namespace', 'stray', '--ignore-not-found'), '');
    } finally {
      kubectl('delete', 'namespace', 'stray');
    }
    requireWell(await stockops(['preview', 'reap']));
  });

function nothingIsLeft(): void {
  const kinds = 'namespaces,clusterroles,clusterrolebindings,priorityclasses,persistentvolumes';
  const everything = [
    kubectl('get', kinds, '-o', 'name'),
    kubectl('get', 'secrets,leases,configmaps', '-n', stateNamespace, '-o', 'name'),
  ];
  const left = everything
    .join('\n')
    .split('\n')
    .filter((line) => /pr-\d/.test(line));
  assert.deepEqual(left, [], 'something is left');
  const claims = kubectl('get', 'persistentvolumes', '-o', 'jsonpath={.items[*].spec.claimRef.namespace}');
  assert.doesNotMatch(claims, /pr-\d/);
}

/** Everything of dev, as it was changed last. */
const ofDev = (): string =>
  kubectl(
    'get',
    'configmaps,secrets,resourcequotas,limitranges,networkpolicies,serviceaccounts',
    '-n',
    dev,
    '-o',
    'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
  ) +
  kubectl('get', 'namespace', dev, '-o', 'jsonpath={.metadata.resourceVersion}') +
  kubectl(
    'get',
    'secrets',
    '-n',
    stateNamespace,
    '-l',
    'tfstateSecretSuffix=stock-analysis-dev-platform',
    '-o',
    'jsonpath={.items[*].metadata.resourceVersion}',
  );

main().catch((error: Error) => {
  console.error(`\n${error.stack}`);
  process.exitCode = 1;
});
