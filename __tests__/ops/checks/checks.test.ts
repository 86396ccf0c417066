import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import os, { availableParallelism, hostname, userInfo } from 'node:os';
import path from 'node:path';
import type { Check, Verdict } from '../../../ops/src/checks/check';
import { redacted } from '../../../ops/src/checks/redacted';
import { registry } from '../../../ops/src/checks/registry';
import type { Subject } from '../../../ops/src/checks/subject';
import { isAtLeast, versionIn } from '../../../ops/src/checks/version';
import { ageText } from '../../../ops/src/cli/texts';
import { repositoryRoot } from '../../command';
import { inCluster, onEngine } from './described';
import { type Answer, FakePrograms } from './fake-programs';

const programs = new FakePrograms(['kubectl', 'docker', 'terraform', 'ps']);
afterAll(() => programs.stop());

/** Runs one check, after programs were told what to answer. */
function verdict(id: string, subject: Subject, answers: Readonly<Record<string, Answer>> = {}): Promise<Verdict> {
  for (const [asked, answer] of Object.entries(answers)) programs.answer(asked, answer);
  return (registry.find((each) => each.id === id) as Check).run(subject);
}

const contexts = (current: string, ...names: string[]): Answer => ({
  output: { 'current-context': current, contexts: names.map((name) => ({ name })) },
});

test.each<[string, string | undefined, Answer, string, string]>([
  ['that is there', 'prod', contexts('dev', 'dev', 'prod'), 'ok', 'context prod'],
  ['that is not there', 'prod', contexts('dev', 'dev'), 'fail', 'no context prod; there are: dev'],
  [
    'that is not named, of several',
    undefined,
    contexts('dev', 'dev', 'prod'),
    'warn',
    'dev of dev, prod was used last',
  ],
  ['that is not named, the only one', undefined, contexts('dev', 'dev'), 'ok', 'the only context, dev'],
  ['in no kubeconfig', undefined, { output: {} }, 'fail', 'no current context; there are: none'],
])('K8S-001 tells of a context %s', async (_title, context, answer, state, seen) => {
  const asked = 'kubectl config view -o json --kubeconfig a-kubeconfig';
  const found = await verdict('K8S-001', inCluster(context, 'a-kubeconfig'), { [asked]: answer });
  expect(found).toMatchObject({ state, seen: expect.stringContaining(seen) });
});

test('K8S-001 tells that Terraform would find no cluster, also where kubectl finds one', async () => {
  const answer = contexts('dev', 'dev');
  const found = await verdict('K8S-001', inCluster('dev'), { 'kubectl config view -o json': answer });
  expect(found).toMatchObject({ state: 'fail', command: 'export KUBE_CONFIG_PATH=~/.kube/config' });
});

const classes = (...marked: boolean[]): Answer => ({
  output: {
    items: marked.map((isDefault, index) => ({
      metadata: {
        name: `class-${index}`,
        annotations: { 'storageclass.kubernetes.io/is-default-class': `${isDefault}` },
      },
    })),
  },
});

test.each([
  ['no default', classes(false, false), 'fail', 'none of 2 marked default'],
  ['one', classes(false, true), 'ok', 'class-1'],
  ['two', classes(true, true), 'fail', '2 of 2 marked default'],
])('K8S-003 tells of storage classes with %s', async (_title, answer, state, seen) => {
  expect(await verdict('K8S-003', inCluster(), { 'kubectl get storageclass -o json': answer })).toMatchObject({
    state,
    seen,
  });
});

test('K8S-004 names each kind that this user may not make', async () => {
  const asked = 'kubectl create -f - -o jsonpath={.status.allowed}{"\\n"}';
  const found = await verdict('K8S-004', inCluster(), { [asked]: { output: 'true\n\ntrue\ntrue\n' } });
  expect(found).toMatchObject({ state: 'fail', seen: 'refused: deployments stock' });
});

test.each<[string, Answer, string]>([
  ['is refused', { status: 1, said: 'pods "x" is forbidden: violates PodSecurity "restricted:v1.34"' }, 'ok'],
  ['would be taken', { output: 'pod/x created (server dry run)' }, 'fail'],
])('K8S-007 tells that a privileged pod %s', async (_title, answer, state) => {
  const found = await verdict('K8S-007', inCluster(), {
    'kubectl get namespace stock --ignore-not-found -o name': { output: 'namespace/stock' },
    'kubectl create --dry-run=server -f -': answer,
  });
  expect(found.state).toBe(state);
});

const lengths =
  'kubectl get secrets -n stock -o go-template={{range .items}}{{$name := .metadata.name}}{{range $key, $text := .data}}{{$name}} {{$key}} {{len $text}}{{"\\n"}}{{end}}{{end}}';

test('SECRET-003 names what is missing or empty of Secrets, and lets sources have no key', async () => {
  const found = await verdict('SECRET-003', inCluster(), {
    [lengths]: { output: 'stock-api secret-key 0\nstock-tushare tushare-api-key 0\n' },
  });
  expect(found).toMatchObject({
    state: 'fail',
    seen: 'stock-api has an empty secret-key; stock-certificate has no tls.crt',
    object: 'secret/stock-api',
  });
});

const lockedBy = (who: string, ageSeconds: number): Answer => ({
  output: {
    spec: { holderIdentity: 'id-1' },
    metadata: {
      annotations: {
        'app.terraform.io/lock-info': JSON.stringify({
          ID: 'id-1',
          Who: who,
          Operation: 'OperationTypeApply',
          Created: new Date(Date.now() - ageSeconds * 1000).toISOString(),
        }),
      },
    },
  },
});
const me = `${userInfo().username}@${hostname()}`;
const lease = (kind: string) =>
  `kubectl get lease lock-tfstate-default-trial-${kind} -n terraform-state --ignore-not-found -o json`;

test.each<[string, Answer, string, string]>([
  ['that somebody took a minute ago', lockedBy('ops@elsewhere', 60), 'node', 'ok'],
  ['that somebody took yesterday', lockedBy('ops@elsewhere', 86_400), 'node', 'warn'],
  ['of this machine, on which Terraform runs', lockedBy(me, 86_400), '/usr/bin/terraform', 'ok'],
  ['of this machine, on which none runs', lockedBy(me, 60), 'node', 'fail'],
])('STATE-002 tells of a lock %s', async (_title, answer, running, state) => {
  const found = await verdict('STATE-002', inCluster(), {
    [lease('application')]: answer,
    [lease('backup')]: { output: '' },
    'ps -eo pid=,stat=,comm=': { output: `1 S sh\n999999999 S ${running}\n` },
  });
  expect(found).toMatchObject({ state, command: expect.stringContaining('terraform force-unlock id-1') });
});

test.each([
  ['1.9.8', 'fail', 'terraform 1.9.8, older than >= 1.11'],
  ['1.11.4', 'ok', 'terraform 1.11.4'],
])('TOOL-002 tells of Terraform %s', async (version, state, seen) => {
  const answer = { output: { terraform_version: version } };
  expect(await verdict('TOOL-002', inCluster(), { 'terraform version -json': answer })).toMatchObject({ state, seen });
});

test('a program that is not there fails, and is not unknown', async () => {
  const given = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(await verdict('TOOL-003', inCluster())).toMatchObject({
      state: 'fail',
      seen: expect.stringContaining('kubectl'),
    });
  } finally {
    process.env.PATH = given;
  }
});

test('ENGINE-001 says why the engine does not answer', async () => {
  const answer = { output: { ServerErrors: ['Cannot connect to the Docker daemon'] }, status: 1 };
  const found = await verdict('ENGINE-001', onEngine(), { 'docker info --format {{json .}}': answer });
  expect(found).toMatchObject({ state: 'fail', seen: 'Cannot connect to the Docker daemon' });
});

test('HOST-001 tells a port of others from ours', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: external } = server.address() as AddressInfo;
  const asked = 'docker ps --format {{.Names}}\t{{.Ports}}';
  const subject = () => onEngine({ ports: [{ ip: '127.0.0.1', external }] });
  const others = await verdict('HOST-001', subject(), { [asked]: { output: 'other\t' } });
  const ours = await verdict('HOST-001', subject(), {
    [asked]: { output: `stock-gateway\t127.0.0.1:${external}->8080/tcp` },
  });
  await new Promise((resolve) => server.close(resolve));
  const free = await verdict('HOST-001', subject(), { [asked]: { output: '' } });
  expect(others).toMatchObject({ state: 'fail', object: `port 127.0.0.1:${external}` });
  expect([ours.state, free.state]).toEqual(['ok', 'ok']);
});

const statistics = (usageNanoCores: number): Record<string, Answer> => ({
  'kubectl get nodes -o json': {
    output: { items: [{ metadata: { name: 'n1' }, status: { capacity: { cpu: '4' } } }] },
  },
  'kubectl get --raw /api/v1/nodes/n1/proxy/stats/summary': { output: { node: { cpu: { usageNanoCores } } } },
});

test.each([
  [1e9, 'ok', 'node n1 1.00 of 4 processors in use'],
  [3.5e9, 'warn', 'node n1 3.50 of 4 processors in use'],
])('HOST-006 tells of a node whose kubelet counts %d ns of processor time in a second', async (used, state, seen) => {
  expect(await verdict('HOST-006', inCluster(), statistics(used))).toMatchObject({ state, seen });
});

test.each([
  [0.5, 'ok'],
  [1.5, 'warn'],
])('HOST-006 tells of a machine with a load of %d for each processor', async (each, state) => {
  const load = each * availableParallelism();
  const mock = jest.spyOn(os, 'loadavg').mockReturnValue([0, load, 0]);
  const found = await verdict('HOST-006', onEngine(), {
    'docker info --format {{json .}}': { output: { ServerVersion: '28', Name: hostname() } },
  });
  mock.mockRestore();
  expect(found).toMatchObject({ state, seen: expect.stringContaining(`, ${load.toFixed(2)}, `) });
});

test.each(['HOST-003', 'HOST-006'])('%s says nothing of this machine where the engine is on another', async (id) => {
  const answer = { output: { ServerVersion: '28', Name: 'elsewhere' } };
  expect(await verdict(id, onEngine(), { 'docker info --format {{json .}}': answer })).toMatchObject({
    state: 'skipped',
    seen: expect.stringContaining('the engine is on elsewhere'),
  });
});

test.each([
  ['renewed in time', -5, 'ok'],
  ['renewed a minute to come', 60, 'fail'],
  ['not renewed for ten minutes', -600, 'fail'],
])('HOST-005 tells of a lease %s', async (_title, seconds, state) => {
  const renewTime = new Date(Date.now() + seconds * 1000).toISOString();
  const found = await verdict('HOST-005', inCluster(), {
    'kubectl get leases -n kube-node-lease -o json': { output: { items: [{ spec: { renewTime } }] } },
  });
  expect(found.state).toBe(state);
});

test.each([
  ['that is the same', 0, 'ok'],
  ['that is two minutes behind', -120, 'fail'],
])('HOST-005 tells of an engine with a clock %s', async (_title, seconds, state) => {
  // As docker prints it, with a new line.
  const output = `${new Date(Date.now() + seconds * 1000).toISOString().replace('Z', '910421Z')}\n`;
  const found = await verdict('HOST-005', onEngine(), { 'docker info --format {{.SystemTime}}': { output } });
  expect(found).toMatchObject({ state, seen: expect.stringMatching(seconds ? /^2 min . s ahead$/ : /^. s apart$/) });
});

test('HOST-005 is not well where nobody says what time it is', async () => {
  const said = { 'docker info --format {{.SystemTime}}': { output: '' } };
  await expect(verdict('HOST-005', onEngine(), said)).rejects.toThrow('is no time');
});

const pem = readFileSync(path.join(repositoryRoot, '__tests__/config/ca.pem'), 'utf8');
const certificate: Record<string, Answer> = {
  'kubectl get secret stock-certificate -n stock --ignore-not-found -o jsonpath={.data.tls\\.crt}': {
    output: Buffer.from(pem).toString('base64'),
  },
};

test.each([
  ['before it begins', '2000-01-01', 'fail'],
  ['after it ended', '2999-01-01', 'fail'],
])('TLS-001 tells of a certificate %s', async (_title, moment, state) => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.parse(moment));
  const found = await verdict('TLS-001', inCluster(), certificate);
  now.mockRestore();
  expect(found).toMatchObject({ state, object: 'secret/stock-certificate' });
});

test('TLS-001 tells of a certificate that is not there', async () => {
  const [[asked = ''] = []] = Object.entries(certificate);
  expect(await verdict('TLS-001', inCluster(), { [asked]: { output: '' } })).toMatchObject({ state: 'fail' });
});

const copies = (...of: object[]): Answer => ({ output: { schemaVersion: 1, ok: true, copies: of } });
const copyOf = (ageHours: number, state = 'verified') => ({
  id: `copy-${ageHours}`,
  state,
  snapshotAt: new Date(Date.now() - ageHours * 3_600_000).toISOString(),
});

const running = (...names: string[]): Record<string, Answer> => ({
  'kubectl get deployment,statefulset,daemonset -n stock -o json': {
    output: {
      items: names.map((name) => ({
        kind: 'StatefulSet',
        metadata: { name: `stock-${name}`, namespace: 'stock', generation: 1 },
        spec: { template: { spec: { containers: [{ image: 'stock/ops:1' }] } } },
        status: { observedGeneration: 1, readyReplicas: 1, replicas: 1, updatedReplicas: 1 },
      })),
    },
  },
  'kubectl get pods -n stock -o json': { output: { items: [] } },
});

test('BACKUP-001 asks for no copies where what makes them is not deployed yet', async () => {
  expect(await verdict('BACKUP-001', inCluster(), running('api'))).toMatchObject({
    state: 'skipped',
    seen: 'no workload `backup` is deployed',
  });
});

test.each<[string, Answer, string, string]>([
  ['none', copies(), 'fail', 'there is none'],
  ['a new one', copies(copyOf(50), copyOf(3)), 'ok', 'copy-3 is 3 h 0 min old, verified'],
  ['old ones', copies(copyOf(50), copyOf(80)), 'fail', 'copy-50 is 2 d 2 h old'],
  ['a new one that is damaged', copies(copyOf(1, 'damaged')), 'fail', 'none of 1 is whole'],
])('BACKUP-001 tells of copies: %s', async (_title, answer, state, seen) => {
  const asked =
    'kubectl exec -n stock statefulset/stock-backup -c backup --pod-running-timeout=10s -- stockops backup list --json';
  expect(await verdict('BACKUP-001', inCluster(), { ...running('backup'), [asked]: answer })).toMatchObject({
    state,
    seen: expect.stringContaining(seen),
  });
});

test('IMAGE-002 asks no registry for what is on a node, whichever name the node has for it', async () => {
  const names = ['docker.io/stock/app:1', 'docker.io/library/nginx:1', 'stock/ops:1'];
  const answer = { output: { items: [{ status: { images: [{ names }] } }] } };
  expect(await verdict('IMAGE-002', inCluster(), { 'kubectl get nodes -o json': answer })).toMatchObject({
    state: 'ok',
  });
});

test.each([
  ['1.11.4', '>= 1.11', true],
  ['1.9.8', '>= 1.11', false],
  ['v2.0', '1.11.4', true],
  ['20.19', '>=20.19', true],
])('%s is at least %s: %s', (version, least, isSo) => {
  expect(isAtLeast(versionIn(version) ?? [], versionIn(least) ?? [])).toBe(isSo);
});

test('a span is told by its two largest units', () => {
  expect([5, 65, 3_700, 200_000, -65].map(ageText)).toEqual([
    '5 s',
    '1 min 5 s',
    '1 h 1 min',
    '2 d 7 h',
    '1 min 5 s to come',
  ]);
});

test.each([
  ['redis://:word@cache:6379', 'word'],
  ['DATABASE_PASSWORD=word-2', 'word-2'],
  ['"token": "abc123"', 'abc123'],
  ['x-api-key sk_0123456789ab_QQQQ', 'QQQQ'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE', 'MIIE'],
])('%s is shown without its secret', (text, secret) => {
  expect(redacted(text)).not.toContain(secret);
});
