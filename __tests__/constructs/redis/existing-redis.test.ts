import { RedisCache, RedisQueue } from '../../../constructs/redis/redis';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { containerOf, type NetworkPolicy } from '../../kubernetes-objects';
import { type ProductStack, rendered, service, type TargetName, targets } from '../../product';

const ca = '-----BEGIN CERTIFICATE-----\n';
const users = { api: 'api', worker: 'worker' };
const cacheProps = { host: 'cache.example.com', port: 6380, users };
const queueProps = { host: 'queue.example.com', port: 6381, users: { ...users, api: 'stock-api' }, ca };

function addClient(stack: ProductStack, props: Partial<typeof cacheProps & { tls: boolean }> = {}): void {
  const client = { workload: new Workload(stack, 'client', service({ component: 'client' })) };
  RedisCache.fromExisting(stack, 'cache', { ...cacheProps, ...props }).allow('api', client);
  RedisQueue.fromExisting(stack, 'queue', queueProps).allow('api', client);
}
const withClient = (target: TargetName, props = {}) => rendered(target, (stack) => addClient(stack, props));

test('nothing of them is ours but the passwords of their users', () => {
  expect(withClient('kubernetes').addresses.filter((address) => /cache|queue/.test(address))).toEqual([
    'kubernetes_secret_v1.cache-api-password',
    'kubernetes_secret_v1.cache-worker-password',
    'kubernetes_secret_v1.queue-api-password',
    'kubernetes_secret_v1.queue-worker-password',
  ]);
  expect(withClient('docker').addresses.filter((address) => /cache|queue/.test(address))).toEqual([]);
});

test.each(targets)('on %s a client is told where they are, by TLS, and given the CA where there is one', (target) => {
  const stack = withClient(target);
  const told =
    target === 'docker'
      ? dockerContainer(stack, 'client').env
      : containerOf(stack, 'client').env.map(({ name, value }) => `${name}=${value}`);
  expect(told).toEqual([
    'QUEUE_CA_FILE=/etc/stock-analysis/certificates/queue-ca.pem',
    'QUEUE_PASSWORD_FILE=/etc/stock-analysis/queue-password',
    'QUEUE_URL=rediss://stock-api@queue.example.com:6381/0',
    'REDIS_PASSWORD_FILE=/etc/stock-analysis/redis-password',
    'REDIS_URL=rediss://api@cache.example.com:6380/0',
  ]);
});

test('one without TLS is one that was said to have none', () => {
  expect(dockerContainer(withClient('docker', { tls: false }), 'client').env).toContain(
    'REDIS_URL=redis://api@cache.example.com:6380/0',
  );
});

test('a client may leave for their ports, and for no other', () => {
  const { spec } = withClient('kubernetes').resource<NetworkPolicy>('kubernetes_network_policy_v1', 'client');
  const ports = spec.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port)) ?? [];
  expect([...new Set(ports)].sort()).toEqual(['53', '6380', '6381']);
});

test('their passwords are given', () => {
  expect(Object.keys(withClient('kubernetes').json.variable ?? {}).sort()).toEqual([
    'cache_api_password',
    'cache_worker_password',
    'queue_api_password',
    'queue_worker_password',
  ]);
});

test('a client that is no user of the server is refused', () => {
  const build = () =>
    rendered('docker', (stack) => {
      const client = { workload: new Workload(stack, 'client', service({ component: 'client' })) };
      RedisCache.fromExisting(stack, 'cache', cacheProps).allow('scheduler', client);
    });
  expect(build).toThrow('Redis has no user "scheduler" here, allowed: api, worker');
});
