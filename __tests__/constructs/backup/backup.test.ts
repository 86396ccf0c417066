import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { EnvironmentConfig } from '../../../config/environment';
import dev from '../../../config/environments/dev';
import { Backup, type BackupProps } from '../../../constructs/backup/backup';
import { Postgres } from '../../../constructs/postgres/postgres';
import { Secret } from '../../../constructs/workload/secret';
import { operationsKeys, readOperationsEnvironment } from '../../../ops/src/environment';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { type Claim, containerOf, type NetworkPolicy, podOf } from '../../kubernetes-objects';
import { type ProductStack, rendered, type TargetName, targets } from '../../product';
import type { SynthesizedStack } from '../../synthesized';

const image = { reference: 'ops:1', version: '1' };
const backup = dev.backup as NonNullable<EnvironmentConfig['backup']>;
const recipients = ['q', 'p'].map((letter) => `age1${letter.repeat(58)}`);
const s3 = { bucket: 'copies', prefix: 'stock/dev', region: 'cn-north-1', keyRevisions: { access: 1, secret: 2 } };

function addBackup(stack: ProductStack, props: Partial<BackupProps> = {}): void {
  const postgres = new Postgres(stack, 'postgres', { image, cpuMillicores: 1000, memoryMiB: 768, storageGiB: 5 });
  const secret = new Secret(stack, 'secret', { component: 'api', keys: { 'secret-key': '{password}' } });
  const configuration = { name: 'dev', hosts: ['localhost'] };
  const secretKeys = {
    environment: { SECRET_KEY_FILE: '/etc/stock-analysis/secret-key' },
    files: { 'secret-key': secret.file('secret-key') },
  };
  postgres.allow('backup', new Backup(stack, 'backup', { ...backup, image, secretKeys, configuration, ...props }));
}
const withBackup = (target: TargetName, props?: Partial<BackupProps>) =>
  rendered(target, (stack) => addBackup(stack, props));
const docker = withBackup('docker');
const kubernetes = withBackup('kubernetes');
const inBucket = { s3, ageRecipients: recipients };

function told(target: TargetName, stack: SynthesizedStack): Record<string, string> {
  if (target === 'kubernetes')
    return Object.fromEntries(containerOf(stack, 'backup').env.map(({ name, value }) => [name, value as string]));
  return Object.fromEntries((dockerContainer(stack, 'backup').env ?? []).map((line) => line.split(/=(.*)/s)));
}

test('it is exactly these resources', () => {
  const own = (stack: SynthesizedStack) => stack.addresses.filter((address) => /\.backup(-|$)/.test(address));
  expect(own(kubernetes)).toEqual([
    'kubernetes_config_map_v1.backup', // What the environment is configured with, copied along.
    'kubernetes_network_policy_v1.backup',
    'kubernetes_persistent_volume_claim_v1.backup-data',
    'kubernetes_service_account_v1.backup',
    'kubernetes_stateful_set_v1.backup',
  ]);
  expect(own(docker)).toEqual([
    'docker_container.backup',
    'docker_container.backup-files',
    'docker_container.backup-files-configuration',
    'docker_volume.backup-data',
    'docker_volume.backup-files',
    'docker_volume.backup-files-configuration',
  ]);
});

test.each(targets)(
  'on %s stockops is told all that it needs, in its own words, and nothing that it does not read',
  (target) => {
    for (const props of [
      {},
      inBucket,
      { ...inBucket, s3: { ...s3, endpoint: 'https://store.example.com:9000' }, s3Ca: 'a CA' },
    ]) {
      const environment = told(target, withBackup(target, props));
      const { required, optional } = operationsKeys.serve;
      const names = Object.keys(environment).map((key) => key.replace(/_FILE$/, ''));
      expect(names.filter((name) => ![...required, ...optional].some((key) => key === name))).toEqual([]);
      expect(required.filter((key) => !names.includes(key))).toEqual([]);
      // What stands in files is not known here; every other value is one that it takes.
      const open = Object.entries(environment).filter(([key]) => !key.endsWith('_FILE'));
      expect(() =>
        readOperationsEnvironment('serve', { ...Object.fromEntries(open), DATABASE_PASSWORD: 'any' }),
      ).not.toThrow();
    }
  },
);

test.each(targets)('on %s it comes to the database as the role that makes copies', (target) => {
  expect(told(target, target === 'docker' ? docker : kubernetes)).toMatchObject({
    DATABASE_URL: 'postgresql://stock_backup@stock-analysis-postgres:5432/stockdb',
    BACKUP_STORE: '/backup/store',
    BACKUP_WORK: '/backup/work',
    BACKUP_SCHEDULE: '30 2 * * *',
    DRILL_SCHEDULE: '30 4 * * 0',
    BASE_BACKUP_SCHEDULE: '30 3 * * 6',
    BACKUP_KEEP_DAILY: '30',
    METRICS_PORT: '8001',
  });
});

test('of secrets it has the password of its role and the key of API keys, as files', () => {
  const { volume, container } = podOf(kubernetes, 'backup').template.spec;
  const secrets = volume
    .flatMap(({ projected = [] }) => projected.flatMap(({ sources }) => sources))
    .flatMap(({ secret = [] }) => secret.flatMap(({ name, items }) => items.map(({ key }) => `${name} ${key}`)));
  expect(secrets.sort()).toEqual(['stock-analysis-api secret-key', 'stock-analysis-postgres-backup password']);
  expect(container).toHaveLength(1);
});

test('with a bucket it writes there, by keys that people give, encrypted, and may reach that port alone', () => {
  const stack = withBackup('kubernetes', inBucket);
  expect(told('kubernetes', stack)).toMatchObject({
    BACKUP_STORE: 's3://copies/stock/dev',
    BACKUP_S3_REGION: 'cn-north-1',
    BACKUP_S3_ACCESS_KEY_FILE: '/etc/stock-analysis/s3-access-key',
    BACKUP_S3_SECRET_KEY_FILE: '/etc/stock-analysis/s3-secret-key',
    BACKUP_AGE_RECIPIENTS: recipients.join(','),
    BACKUP_AGE_IDENTITY_FILE: '/etc/stock-analysis/age-identity',
  });
  expect(Object.keys(stack.json.variable ?? {}).sort()).toEqual([
    'backup_age_identity',
    'backup_s3_access_key',
    'backup_s3_secret_key',
  ]);
  const leaving = (of: SynthesizedStack) =>
    (of.resource<NetworkPolicy>('kubernetes_network_policy_v1', 'backup').spec.egress ?? [])
      .filter(({ to }) => JSON.stringify(to).includes('ip_block'))
      .flatMap(({ ports = [] }) => ports.map(({ port }) => Number(port)));
  expect(leaving(stack)).toEqual([443]);
  expect(leaving(kubernetes)).toEqual([]);
});

test.each(targets)('on %s it knows the CA of the bucket’s server by a file, which is not one of a start', (target) => {
  const given = { ...inBucket, s3Ca: 'certificates of a CA' };
  const path = '/etc/stock-analysis/certificates/s3-ca.pem';
  expect(told(target, withBackup(target, given))).toMatchObject({ BACKUP_S3_CA_FILE: path });
  expect(told(target, withBackup(target, inBucket))).not.toHaveProperty('BACKUP_S3_CA_FILE');
  expect(JSON.stringify(withBackup(target, given).json).includes(given.s3Ca)).toBe(true);
});

test('it reaches the database, and nobody reaches it before it is watched', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['backup -> postgres:5432']);
});

test('what the environment is configured with goes along, and a change of it starts nothing again', () => {
  const files = kubernetes.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'backup').data;
  expect(Object.values(files).map((text) => JSON.parse(text))).toEqual([{ name: 'dev', hosts: ['localhost'] }]);
  const podWith = (name: string) =>
    podOf(withBackup('kubernetes', { configuration: { name } }), 'backup').template.metadata;
  expect(podWith('dev')).toEqual(podWith('other'));
});

test('it has its volume, room for a drill’s server, and time to put away what it received of the log', () => {
  const claim = kubernetes.resource<Claim>('kubernetes_persistent_volume_claim_v1', 'backup-data');
  expect(claim.spec.resources.requests.storage).toBe('10Gi');
  expect(containerOf(kubernetes, 'backup').volume_mount).toContainEqual({ name: 'data', mount_path: '/backup' });
  expect(dockerContainer(docker, 'backup').shm_size).toBe(128);
  expect(podOf(kubernetes, 'backup').template.spec.termination_grace_period_seconds).toBe(60);
});

test('its health is asked for over HTTP in a cluster, and by its own command on an engine', () => {
  const { readiness_probe, liveness_probe } = containerOf(kubernetes, 'backup');
  expect(readiness_probe?.http_get).toMatchObject({ path: '/health/ready' });
  expect(liveness_probe?.http_get).toMatchObject({ path: '/health/live' });
  expect(dockerContainer(docker, 'backup').healthcheck?.test).toEqual(
    expect.arrayContaining(['stockops', 'healthcheck', 'ready']),
  );
});

test('its image has the folder of the volume, of the user that it runs as: an engine makes the volume after it', () => {
  const { user, mounts = [] } = dockerContainer(docker, 'backup');
  const [volume] = mounts.filter(({ read_only: isReadOnly }) => !isReadOnly);
  const [uid, gid] = (user ?? '').split(':');
  const dockerfile = readFileSync(path.join(__dirname, '../../../ops/Dockerfile'), 'utf8');
  expect(dockerfile).toContain(`\nRUN install -d -o ${uid} -g ${gid} -m 700 ${volume?.target}\n`);
});
