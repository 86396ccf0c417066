import { Postgres } from '../../../constructs/postgres/postgres';
import { Secret } from '../../../constructs/workload/secret';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { containerOf, type NetworkPolicy, podOf } from '../../kubernetes-objects';
import { type ProductStack, rendered, service, type TargetName, targets } from '../../product';
import type { SynthesizedStack } from '../../synthesized';

const managed = { host: 'db.example.com', port: 6432, database: 'stockdb' };
const ca = '-----BEGIN CERTIFICATE-----\n';
type Props = Partial<Parameters<typeof Postgres.fromExisting>[2]>;

function addClient(stack: ProductStack, props: Props = {}): void {
  const postgres = Postgres.fromExisting(stack, 'postgres', { ...managed, ...props });
  const preparations = [{ name: 'migrate', command: ['serve', 'migrate'] }];
  postgres.allow('read', {
    workload: new Workload(stack, 'client', service({ component: 'client', command: ['serve'], preparations })),
  });
}
const withClient = (target: TargetName, props?: Props) => rendered(target, (stack) => addClient(stack, props));
const kubernetesEnvironment = (stack: SynthesizedStack) =>
  containerOf(stack, 'client').env.map(({ name, value }) => `${name}=${value}`);

test('nothing of it is ours but the passwords of its roles', () => {
  expect(withClient('kubernetes').addresses.filter((address) => address.includes('postgres'))).toEqual([
    'kubernetes_secret_v1.postgres-app-password',
    'kubernetes_secret_v1.postgres-owner-password',
    'kubernetes_secret_v1.postgres-read-password',
  ]);
  expect(withClient('docker').addresses.filter((address) => address.includes('postgres'))).toEqual([]);
});

test.each(targets)('on %s a client is told where it is, by verify-full', (target) => {
  const stack = withClient(target);
  const told = target === 'docker' ? dockerContainer(stack, 'client').env : kubernetesEnvironment(stack);
  expect(told).toEqual([
    'DATABASE_PASSWORD_FILE=/etc/stock-analysis/database-password',
    'DATABASE_URL=postgresql://stock_read@db.example.com:6432/stockdb?sslmode=verify-full',
  ]);
});

test.each(targets)('on %s a client is told of a pooler, and given the CA in a folder that it rereads', (target) => {
  const stack = withClient(target, { ca, pooled: true, sslMode: 'verify-ca' });
  const told = target === 'docker' ? dockerContainer(stack, 'client').env : kubernetesEnvironment(stack);
  expect(told).toEqual([
    'DATABASE_CA_FILE=/etc/stock-analysis/certificates/database-ca.pem',
    'DATABASE_PASSWORD_FILE=/etc/stock-analysis/database-password',
    'DATABASE_POOLED=true',
    'DATABASE_URL=postgresql://stock_read@db.example.com:6432/stockdb?sslmode=verify-ca',
  ]);
});

test('another CA starts no pod again', () => {
  const of = (text: string) => podOf(withClient('kubernetes', { ca: text }), 'client').template.metadata.annotations;
  expect(of('-----BEGIN CERTIFICATE-----\nanother\n')).toEqual(of(ca));
});

test('what prepares a client comes as the owner, by the same way', () => {
  const { init_container: [preparation] = [] } = podOf(withClient('kubernetes', { ca, pooled: true }), 'client')
    .template.spec;
  expect(preparation?.env).toEqual(
    expect.arrayContaining([
      { name: 'DATABASE_URL', value: 'postgresql://stock_owner@db.example.com:6432/stockdb?sslmode=verify-full' },
      { name: 'DATABASE_CA_FILE', value: '/etc/stock-analysis/certificates/database-ca.pem' },
      { name: 'DATABASE_POOLED', value: 'true' },
    ]),
  );
});

test('a client may leave for its port, and for no other', () => {
  const { spec } = withClient('kubernetes').resource<NetworkPolicy>('kubernetes_network_policy_v1', 'client');
  expect(spec.egress?.map(({ ports }) => ports)).toEqual([
    [{ port: '6432', protocol: 'TCP' }],
    expect.arrayContaining([expect.objectContaining({ port: '53' })]),
  ]);
  expect(dockerContainer(withClient('docker'), 'client').networks_advanced?.map(({ name }) => name)).toEqual([
    'stock-analysis-departure',
  ]);
});

test('its flows are among the others', () => {
  rendered('kubernetes', (stack) => {
    addClient(stack);
    expect(stack.environment.connections.describe()).toEqual(['client -> outside db.example.com:6432']);
  });
});

test('its passwords are given, each with a revision of its own', () => {
  const stack = withClient('kubernetes', { passwordRevisions: { owner: 1, app: 1, read: 2 } });
  expect(Object.keys(stack.json.variable ?? {})).toEqual(
    expect.arrayContaining(['postgres_owner_password', 'postgres_app_password', 'postgres_read_password']),
  );
  expect(stack.json.ephemeral).toBeUndefined();
  const revisionOf = (name: string) =>
    stack.resource<{ data_wo_revision: number }>('kubernetes_secret_v1', name).data_wo_revision;
  expect([revisionOf('postgres-owner-password'), revisionOf('postgres-read-password')]).toEqual([1, 2]);
  expect(dockerContainer(withClient('docker'), 'client-files').upload).toMatchObject([
    {
      file: '/etc/stock-analysis/database-password',
      source: '../../../.local/secrets/local/postgres-read-password/password',
    },
  ]);
});

test('a password is not kept where a server of ours has one, which would stay', () => {
  const ours = rendered('kubernetes', (stack) => {
    new Postgres(stack, 'postgres', {
      image: { reference: 'postgres:17.0', version: '17.0' },
      cpuMillicores: 1000,
      memoryMiB: 768,
      storageGiB: 5,
    });
  });
  const secretsOf = (stack: SynthesizedStack) => stack.addresses.filter((address) => address.includes('secret'));
  expect(secretsOf(ours)).toHaveLength(9);
  expect(secretsOf(withClient('kubernetes')).filter((address) => secretsOf(ours).includes(address))).toEqual([]);
});

test('nobody comes to it as the role that makes copies, which only a server of ours has', () => {
  expect(() =>
    rendered('kubernetes', (stack) => {
      const postgres = Postgres.fromExisting(stack, 'postgres', managed);
      postgres.allow('backup', { workload: new Workload(stack, 'client', service({ component: 'client' })) });
    }),
  ).toThrow('the database server db.example.com has no role "backup", its roles: owner, app, read');
});

test('its passwords may be files of secrets that are there already', () => {
  const stack = rendered('kubernetes', (stack) => {
    const secret = new Secret(stack, 'vault', {
      component: 'vault',
      keys: { owner: '{password}', app: '{password}', read: '{password}' },
    });
    const [owner, app, read] = [secret.file('owner'), secret.file('app'), secret.file('read')];
    addClient(stack, { passwords: { owner, app, read } });
  });
  expect(stack.json.variable).toBeUndefined();
  expect(stack.addresses.filter((address) => address.includes('secret'))).toEqual(['kubernetes_secret_v1.vault']);
});
