import { RedisCache, RedisQueue } from '../../../constructs/redis/redis';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { containerOf, podOf } from '../../kubernetes-objects';
import { rendered, service, type TargetName } from '../../product';
import { reference } from '../../synthesized';

const props = { image: { reference: 'redis:7.0', version: '7.0' }, cpuMillicores: 250, memoryMiB: 128 };
const withClient = (target: TargetName) =>
  rendered(target, (stack) => {
    const client = { workload: new Workload(stack, 'client', service({ component: 'client' })) };
    new RedisCache(stack, 'cache', props).allow('api', client);
    new RedisQueue(stack, 'queue', { ...props, storageGiB: 1 }).allow('api', client);
  });
const docker = withClient('docker');
const kubernetes = withClient('kubernetes');
const addressesOf = (stack: typeof docker, component: string) =>
  stack.addresses.filter((address) => address.includes(component));

test('on Kubernetes the cache is a deployment without a volume, the queue a set with one', () => {
  expect(addressesOf(kubernetes, 'cache')).toEqual([
    'kubernetes_config_map_v1.cache',
    'kubernetes_deployment_v1.cache',
    'kubernetes_network_policy_v1.cache',
    'kubernetes_secret_v1.cache-api', // Two for each user, whose passwords are used in turn.
    'kubernetes_secret_v1.cache-api-second',
    'kubernetes_secret_v1.cache-monitor',
    'kubernetes_secret_v1.cache-probe',
    'kubernetes_secret_v1.cache-worker',
    'kubernetes_secret_v1.cache-worker-second',
    'kubernetes_service_account_v1.cache',
    'kubernetes_service_v1.cache',
  ]);
  expect(addressesOf(kubernetes, 'queue')).toEqual([
    'kubernetes_config_map_v1.queue',
    'kubernetes_network_policy_v1.queue',
    'kubernetes_persistent_volume_claim_v1.queue-data', // Accepted jobs.
    'kubernetes_secret_v1.queue-api',
    'kubernetes_secret_v1.queue-api-second',
    'kubernetes_secret_v1.queue-monitor',
    'kubernetes_secret_v1.queue-probe',
    'kubernetes_secret_v1.queue-scheduler',
    'kubernetes_secret_v1.queue-scheduler-second',
    'kubernetes_secret_v1.queue-worker',
    'kubernetes_secret_v1.queue-worker-second',
    'kubernetes_service_account_v1.queue',
    'kubernetes_service_v1.queue',
    'kubernetes_stateful_set_v1.queue',
  ]);
});

test('on Docker likewise', () => {
  expect(addressesOf(docker, 'cache')).toEqual([
    'docker_container.cache',
    'docker_container.cache-files',
    'docker_container.cache-files-users',
    'docker_network.cache',
    'docker_volume.cache-files',
    'docker_volume.cache-files-users', // Changed under the server.
  ]);
  expect(addressesOf(docker, 'queue')).toEqual([
    'docker_container.queue',
    'docker_container.queue-files',
    'docker_container.queue-files-users',
    'docker_network.queue',
    'docker_volume.queue-data',
    'docker_volume.queue-files',
    'docker_volume.queue-files-users',
  ]);
});

test('the cache writes into what is gone with it', () => {
  expect(Object.keys(dockerContainer(docker, 'cache').tmpfs ?? {})).toEqual(['/data', '/tmp']);
  expect(podOf(kubernetes, 'cache').template.spec.volume.map(({ name }) => name)).toEqual([
    'files',
    'scratch-tmp',
    'scratch-data',
  ]);
});

test('a client knows the two apart', () => {
  expect(dockerContainer(docker, 'client').env).toEqual([
    'QUEUE_PASSWORD_FILE=/etc/stock-analysis/queue-password',
    'QUEUE_URL=redis://api@stock-analysis-queue:6379/0',
    'REDIS_PASSWORD_FILE=/etc/stock-analysis/redis-password',
    'REDIS_URL=redis://api@stock-analysis-cache:6379/0',
  ]);
  expect(dockerContainer(docker, 'client-files').upload?.map(({ file, source }) => [file, source])).toEqual([
    ['/etc/stock-analysis/queue-password', '../../../.local/secrets/local/queue-api/password'],
    ['/etc/stock-analysis/redis-password', '../../../.local/secrets/local/cache-api/password'],
  ]);
});

test.each(['cache', 'queue'])(
  'the password of the %s is no argument, no environment and in no configuration',
  (name) => {
    const { command, env } = containerOf(kubernetes, name);
    expect(command).toEqual(['sh', '/etc/stock-analysis/start.sh']);
    expect(env).toEqual([]);
    const config = kubernetes.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', name).data;
    expect(Object.keys(config)).toEqual(['redis.conf', 'start.sh']);
  },
);

test('server and clients read forms of one password', () => {
  const secret = kubernetes.resource<{ data_wo: Record<string, string> }>('kubernetes_secret_v1', 'cache-probe');
  const password = reference('ephemeral.random_password.password-cache-probe.result');
  expect(secret.data_wo).toEqual({ password, 'user.acl': `user probe on >${password} +ping\n` });
});

test('a client that is no user of the server is refused', () => {
  const build = () =>
    rendered('docker', (stack) => {
      const client = { workload: new Workload(stack, 'client', service({ component: 'client' })) };
      new RedisCache(stack, 'cache', props).allow('scheduler', client);
    });
  expect(build).toThrow('Redis has no user "scheduler" here, allowed: api, worker');
});

test('ready means that the users are known, alive means that anyone answers', () => {
  const { readiness_probe, liveness_probe } = containerOf(kubernetes, 'queue');
  expect(readiness_probe?.exec?.command.join(' ')).toContain(
    'REDISCLI_AUTH="$(cat /etc/stock-analysis/probe-password)" redis-cli --user probe',
  );
  expect(liveness_probe?.exec?.command).toEqual(['redis-cli', 'ping']);
});
