import { environments } from '../../../config/environments';
import { Postgres } from '../../../constructs/postgres/postgres';
import { manualSettings, renderPostgresConfig } from '../../../constructs/postgres/postgres-config';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { type Claim, containerOf, podOf } from '../../kubernetes-objects';
import { rendered, service, type TargetName } from '../../product';

const image = { reference: 'postgres:17.0', version: '17.0' };
const withClient = (target: TargetName) =>
  rendered(target, (stack) => {
    const postgres = new Postgres(stack, 'postgres', { image, cpuMillicores: 1000, memoryMiB: 768, storageGiB: 5 });
    postgres.allow({ workload: new Workload(stack, 'client', service({ component: 'client' })) });
  });
const docker = withClient('docker');
const kubernetes = withClient('kubernetes');

test('on Kubernetes it is exactly this', () => {
  expect(kubernetes.addresses.filter((address) => address.includes('postgres'))).toEqual([
    'kubernetes_config_map_v1.postgres', // postgresql.conf
    'kubernetes_network_policy_v1.postgres',
    'kubernetes_persistent_volume_claim_v1.postgres-data',
    'kubernetes_secret_v1.postgres', // The password, written once and read by its clients too.
    'kubernetes_service_account_v1.postgres',
    'kubernetes_service_v1.postgres',
    'kubernetes_stateful_set_v1.postgres',
  ]);
});

test('on Docker it is exactly this', () => {
  expect(docker.addresses.filter((address) => address.includes('postgres'))).toEqual([
    'docker_container.postgres',
    'docker_container.postgres-files', // Carries postgresql.conf and the password into a volume.
    'docker_image.postgres',
    'docker_network.postgres',
    'docker_volume.postgres-data',
    'docker_volume.postgres-files',
  ]);
});

test('it starts with the manual’s settings, as a file', () => {
  const config = kubernetes.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'postgres').data;
  expect(config).toEqual({ 'postgresql.conf': renderPostgresConfig(manualSettings) });
  expect(containerOf(kubernetes, 'postgres').command).toEqual([
    'docker-entrypoint.sh',
    'postgres',
    '-c',
    'config_file=/etc/stock-analysis/postgresql.conf',
  ]);
});

test('a new volume gets data checksums', () => {
  expect(dockerContainer(docker, 'postgres').env).toContainEqual(
    expect.stringMatching(/^POSTGRES_INITDB_ARGS=.*--data-checksums/),
  );
});

test('its password is a file, neither argument nor environment', () => {
  const env = containerOf(kubernetes, 'postgres').env.filter(({ name }) => name.includes('PASSWORD'));
  expect(env).toEqual([{ name: 'POSTGRES_PASSWORD_FILE', value: '/etc/stock-analysis/password' }]);
});

test('a client is told where it is and as whom to come, and given the password as a file', () => {
  expect(dockerContainer(docker, 'client').env).toEqual([
    'DATABASE_PASSWORD_FILE=/etc/stock-analysis/database-password',
    'DATABASE_URL=postgresql://stock@stock-analysis-postgres:5432/stockdb',
  ]);
  expect(dockerContainer(docker, 'client-files').upload).toEqual([
    {
      file: '/etc/stock-analysis/database-password',
      permissions: '0444',
      source: '../../../.local/secrets/postgres/password',
    },
  ]);
});

test('its data is below the mount, beside whatever the disk brought along', () => {
  expect(containerOf(kubernetes, 'postgres').env).toContainEqual({
    name: 'PGDATA',
    value: '/var/lib/postgresql/data/pgdata',
  });
  expect(containerOf(kubernetes, 'postgres').volume_mount).toContainEqual({
    name: 'data',
    mount_path: '/var/lib/postgresql/data',
  });
});

test('it has as much storage as it is given, and shared memory enough for a parallel query', () => {
  const claim = kubernetes.resource<Claim>('kubernetes_persistent_volume_claim_v1', 'postgres-data');
  expect(claim.spec.resources.requests.storage).toBe('5Gi');
  expect(dockerContainer(docker, 'postgres').shm_size).toBe(128);
});

test('it counts as started when it answers over the network, as alive when it answers at all', () => {
  const { startup_probe, readiness_probe, liveness_probe } = containerOf(kubernetes, 'postgres');
  expect(startup_probe?.exec?.command).toContain('127.0.0.1');
  expect(readiness_probe?.exec?.command).toContain('127.0.0.1');
  expect(liveness_probe?.exec?.command).toContain('/var/run/postgresql');
});

test('it has time for a checkpoint before it is killed', () => {
  expect(podOf(kubernetes, 'postgres').template.spec.termination_grace_period_seconds).toBeGreaterThanOrEqual(60);
});

test('in every environment its shared buffers fit its memory, and the pools its connections', () => {
  for (const { postgres } of Object.values(environments)) {
    expect(manualSettings.sharedBuffersMiB).toBeLessThan(postgres.memoryMiB / 2);
  }
  expect(manualSettings.maxConnections).toBeGreaterThan(80);
});
