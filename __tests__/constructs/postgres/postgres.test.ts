import { memorySettings } from '../../../config/components/postgres';
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
    const preparations = [{ name: 'migrate', command: ['serve', 'migrate'] }];
    const client = service({ component: 'client', command: ['serve'], preparations });
    postgres.allow('read', { workload: new Workload(stack, 'client', client) });
  });
const docker = withClient('docker');
const kubernetes = withClient('kubernetes');

test('on Kubernetes it is exactly this', () => {
  expect(kubernetes.addresses.filter((address) => address.includes('postgres'))).toEqual([
    'kubernetes_config_map_v1.postgres', // What it starts with: settings, who may come, the roles.
    'kubernetes_network_policy_v1.postgres',
    'kubernetes_persistent_volume_claim_v1.postgres-data',
    'kubernetes_secret_v1.postgres-app', // Passwords that are used in turn, read by the server and the clients with the role.
    'kubernetes_secret_v1.postgres-app-second',
    'kubernetes_secret_v1.postgres-backup',
    'kubernetes_secret_v1.postgres-backup-second',
    'kubernetes_secret_v1.postgres-monitor',
    'kubernetes_secret_v1.postgres-owner',
    'kubernetes_secret_v1.postgres-owner-second',
    'kubernetes_secret_v1.postgres-read',
    'kubernetes_secret_v1.postgres-read-second',
    'kubernetes_service_account_v1.postgres',
    'kubernetes_service_v1.postgres',
    'kubernetes_stateful_set_v1.postgres',
  ]);
});

test('on Docker it is exactly this', () => {
  expect(docker.addresses.filter((address) => address.includes('postgres'))).toEqual([
    'docker_container.postgres',
    'docker_container.postgres-files', // Carries settings and roles into a volume.
    'docker_container.postgres-files-passwords', // Carries what is changed under the server.
    'docker_image.postgres',
    'docker_network.postgres',
    'docker_volume.postgres-data',
    'docker_volume.postgres-files',
    'docker_volume.postgres-files-passwords',
  ]);
});

test('it starts with the manual’s settings, as a file', () => {
  const config = kubernetes.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'postgres').data;
  expect(config['postgresql.conf']).toBe(renderPostgresConfig(manualSettings, 5));
  expect(containerOf(kubernetes, 'postgres').command).toEqual(['sh', '/etc/stock-analysis/start.sh']);
});

test('it is told no password, neither as argument nor in its environment', () => {
  expect(containerOf(kubernetes, 'postgres').env).toEqual([
    { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
  ]);
});

test('a client is told where it is and as which role to come, and given the password of that role as a file', () => {
  expect(dockerContainer(docker, 'client').env).toEqual([
    'DATABASE_PASSWORD_FILE=/etc/stock-analysis/database-password',
    'DATABASE_URL=postgresql://stock_read@stock-analysis-postgres:5432/stockdb',
  ]);
  expect(dockerContainer(docker, 'client-files').upload).toEqual([
    {
      file: '/etc/stock-analysis/database-password',
      permissions: '0444',
      source: '../../../.local/secrets/local/postgres-read/password',
    },
  ]);
});

describe('what prepares a client comes as the owner, whose password the client itself has not', () => {
  test('on Docker, in a container of its own', () => {
    expect(dockerContainer(docker, 'client-preparation').env).toContain(
      'DATABASE_URL=postgresql://stock_owner@stock-analysis-postgres:5432/stockdb',
    );
    expect(dockerContainer(docker, 'client-preparation-files').upload).toMatchObject([
      {
        file: '/etc/stock-analysis/database-password',
        source: '../../../.local/secrets/local/postgres-owner/password',
      },
    ]);
    const volumes = (name: string) => (dockerContainer(docker, name).mounts ?? []).map(({ source }) => source);
    expect(volumes('client')).not.toEqual(expect.arrayContaining(volumes('client-preparation')));
  });

  test('on Kubernetes, from a volume that only its init container mounts', () => {
    const { init_container: [preparation] = [], container, volume } = podOf(kubernetes, 'client').template.spec;
    expect(preparation?.env).toContainEqual({
      name: 'DATABASE_URL',
      value: 'postgresql://stock_owner@stock-analysis-postgres:5432/stockdb',
    });
    const secretsOf = (mounts: Array<{ name: string }> = []) =>
      volume
        .filter(({ name }) => mounts.some((mount) => mount.name === name))
        .flatMap(({ projected = [] }) => projected.flatMap(({ sources }) => sources))
        .flatMap(({ secret = [] }) => secret.map(({ name }) => name));
    expect(secretsOf(preparation?.volume_mount)).toEqual(['stock-analysis-postgres-owner']);
    expect(secretsOf(container[0]?.volume_mount)).toEqual(['stock-analysis-postgres-read']);
  });
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

describe('another major version, to which an upgrade is under way,', () => {
  const upgraded = (target: TargetName) =>
    rendered(target, (stack) => {
      const next = { image: { reference: 'postgres:18.0', version: '18.0' }, major: 18, keptMajor: 17 } as const;
      new Postgres(stack, 'postgres', { ...next, cpuMillicores: 1000, memoryMiB: 768, storageGiB: 5 });
    });
  const inCluster = upgraded('kubernetes');
  const onEngine = upgraded('docker');

  test('has a volume of its own, beside that of the one before, at the address that it had', () => {
    const named = (addresses: readonly string[]) => addresses.filter((address) => address.includes('postgres-data'));
    expect(named(inCluster.addresses)).toEqual([
      'kubernetes_persistent_volume_claim_v1.postgres-data',
      'kubernetes_persistent_volume_claim_v1.postgres-data-18',
    ]);
    expect(named(onEngine.addresses)).toEqual(['docker_volume.postgres-data', 'docker_volume.postgres-data-18']);
    const [kept, former] = [inCluster, kubernetes].map((stack) =>
      stack.resource<Claim>('kubernetes_persistent_volume_claim_v1', 'postgres-data'),
    );
    expect(kept?.spec).toEqual(former?.spec);
    expect(kept?.metadata.name).toBe(former?.metadata.name);
  });

  test('mounts its own alone, where its image declares one', () => {
    const { volume = [], container = [] } = podOf(inCluster, 'postgres').template.spec;
    const claims = volume.flatMap(({ persistent_volume_claim: claim }) => claim ?? []);
    expect(claims).toEqual([{ claim_name: 'stock-analysis-postgres-data-18' }]);
    expect(container[0]?.volume_mount).toContainEqual({ name: 'data', mount_path: '/var/lib/postgresql' });
    const { mounts = [] } = dockerContainer(onEngine, 'postgres');
    expect(mounts.map(({ target }) => target).filter((target) => target.startsWith('/var/lib'))).toEqual([
      '/var/lib/postgresql',
    ]);
  });

  test('makes no database: the upgrade brings it', () => {
    expect(containerOf(inCluster, 'postgres').env).toEqual([
      { name: 'DATABASE_COMES_FROM', value: '17' },
      { name: 'PGDATA', value: '/var/lib/postgresql/pgdata' },
    ]);
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
  for (const { postgres } of environments) {
    if (postgres.topology !== 'existing') {
      expect(memorySettings(postgres).sharedBuffersMiB).toBeLessThan(postgres.memoryMiB / 2);
    }
  }
  expect(manualSettings.maxConnections).toBeGreaterThan(80);
});

describe('a raised revision of a password', () => {
  const raised = (revision: number) =>
    rendered('kubernetes', (stack) => {
      const passwordRevisions = { owner: 1, app: 1, read: revision, backup: 1, monitor: 1 };
      const size = { cpuMillicores: 1000, memoryMiB: 768, storageGiB: 5 };
      const postgres = new Postgres(stack, 'postgres', { image, ...size, passwordRevisions });
      postgres.allow('read', { workload: new Workload(stack, 'client', service({ component: 'client' })) });
    });
  const written = (stack: typeof kubernetes, label: string) =>
    stack.resource<{ data_wo_revision: number }>('kubernetes_secret_v1', label).data_wo_revision;
  const address = (stack: typeof kubernetes) =>
    containerOf(stack, 'client').env.find(({ name }) => name === 'DATABASE_URL')?.value;

  test('writes the secret that is not in use, and leaves the one that is', () => {
    const both = (stack: typeof kubernetes) => [
      written(stack, 'postgres-read'),
      written(stack, 'postgres-read-second'),
    ];
    expect([1, 2, 3, 4].map((revision) => both(raised(revision)))).toEqual([
      [1, 1],
      [1, 2],
      [3, 2],
      [3, 4],
    ]);
  });

  test('has clients come as the other login, which starts them again', () => {
    const at = 'stock-analysis-postgres:5432/stockdb';
    expect([1, 2, 3].map((revision) => address(raised(revision)))).toEqual([
      `postgresql://stock_read@${at}`,
      `postgresql://stock_read_2@${at}`,
      `postgresql://stock_read@${at}`,
    ]);
  });

  test('does not start the server again, which reads the passwords while it runs', () => {
    const template = (revision: number) => JSON.stringify(podOf(raised(revision), 'postgres').template);
    expect(template(2)).toBe(template(1));
    expect(template(3)).toBe(template(1));
  });
});
