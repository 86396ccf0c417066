import { RedisCache, RedisQueue } from '../../../constructs/redis/redis';
import { Environment } from '../../../constructs/workload/environment';
import type { Observed } from '../../../constructs/workload/observations';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { containerOf } from '../../kubernetes-objects';
import { type ProductStack, rendered } from '../../product';
import { reference } from '../../synthesized';

const props = { image: { reference: 'redis:7.0', version: '7.0' }, cpuMillicores: 250, memoryMiB: 128 };

/** Both servers, and their exporters made as whoever watches makes them. */
function addWatched(stack: ProductStack): void {
  new RedisCache(stack, 'cache', props);
  new RedisQueue(stack, 'queue', { ...props, storageGiB: 1 });
  const { observations } = Environment.of(stack);
  for (const { exporters = [] } of observations.all) for (const make of exporters) make(stack);
  observed = observations.all;
}
let observed: readonly Observed[] = [];
const docker = rendered('docker', addWatched);
const kubernetes = rendered('kubernetes', addWatched);

test('each server has one, which reaches it and nothing else', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['cache-exporter -> cache:6379', 'queue-exporter -> queue:6379']);
});

test('it finds the password of its user by the address that it asks', () => {
  expect(dockerContainer(docker, 'queue-exporter').env).toEqual([
    'GOMEMLIMIT=57MiB',
    'REDIS_ADDR=redis://stock-analysis-queue:6379',
    'REDIS_PASSWORD_FILE=/etc/stock-analysis/passwords.json',
    'REDIS_USER=monitor',
  ]);
  const password = reference('ephemeral.random_password.password-queue-monitor.result');
  const secret = kubernetes.resource<{ data_wo: Record<string, string> }>('kubernetes_secret_v1', 'queue-monitor');
  expect(secret.data_wo['exporter.json']).toBe(`{"redis://monitor@stock-analysis-queue:6379":"${password}"}\n`);
});

test('its image has nothing to ask with: a cluster asks from outside, and an engine does not wait for an answer', () => {
  expect(containerOf(kubernetes, 'queue-exporter').readiness_probe).toMatchObject({
    http_get: { path: '/health', port: 'metrics' },
  });
  const container = dockerContainer(docker, 'queue-exporter');
  expect(container.healthcheck).toMatchObject({ test: ['NONE'] });
  expect(container.wait).toBeUndefined();
});

test('both are one job, told apart by their component', () => {
  expect(observed.flatMap(({ component, scrapes = [] }) => scrapes.map(({ job }) => [component, job]))).toEqual([
    ['cache', 'redis-exporter'],
    ['queue', 'redis-exporter'],
  ]);
});
