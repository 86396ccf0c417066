import { defineEnvironment, type EnvironmentConfig } from '../../config/environment';
import { environmentByName } from '../../config/environments';
import { changed } from '../config/changed';
import { type SynthesizedSystem, synthesizedSystems } from '../synthesized';

/** Paths at which two bodies differ. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (typeof before !== 'object' || typeof after !== 'object' || !before || !after) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    differences((before as never)[key], (after as never)[key], path ? `${path}.${key}` : key),
  );
}

/** Each resource that differs, as `unit type.name`, and where. */
function changesBetween(before: SynthesizedSystem, after: SynthesizedSystem): Map<string, string[]> {
  const resourcesOf = ({ stacks, stack }: SynthesizedSystem) =>
    stacks.flatMap(({ unit }) =>
      stack(unit).addresses.map((address) => {
        const [type = '', name = ''] = address.split('.');
        return [`${unit} ${address}`, stack(unit).resource(type, name)] as const;
      }),
    );
  const later = new Map(resourcesOf(after));
  return new Map(
    resourcesOf(before)
      .map(([address, body]) => [address, differences(body, later.get(address))] as const)
      .filter(([, paths]) => paths.length > 0),
  );
}

function release(name: string, values: Readonly<Record<string, unknown>>): Map<string, string[]> {
  const config = environmentByName(name);
  const released: EnvironmentConfig = defineEnvironment(changed(config, values));
  const [before, after] = [config, released].flatMap((each) => synthesizedSystems([each]));
  return changesBetween(before as SynthesizedSystem, after as SynthesizedSystem);
}

/** Copies of the database have the configuration with them, which names images; who makes them looks for changes. */
const copied = 'backup kubernetes_config_map_v1.backup';

test('the next version of PostgreSQL changes the pod of PostgreSQL and nothing else', () => {
  const changes = release('dev', { 'images.upstream': { postgres: { tag: '17.12' } } });
  expect([...changes.keys()].sort()).toEqual([copied, 'data kubernetes_stateful_set_v1.postgres']);
  for (const path of changes.get('data kubernetes_stateful_set_v1.postgres') ?? [])
    expect(path).toMatch(/^spec\.template\./);
});

test('the next version of the application changes the pods that run it and nothing else', () => {
  const changes = release('dev', { 'images.application.tag': '0.2.0' });
  expect([...changes.keys()].sort()).toEqual([
    'application kubernetes_cron_job_v1.maintenance',
    'application kubernetes_deployment_v1.api',
    'application kubernetes_deployment_v1.scheduler',
    'application kubernetes_deployment_v1.worker',
    copied,
  ]);
  changes.delete(copied);
  for (const path of [...changes.values()].flat()) expect(path).toMatch(/^spec\.(job_template\.spec\.)?template\./);
});

test('new versions of everything change nothing but pods', () => {
  const upstream = ['nginx', 'grafana', 'nodeExporter', 'redisExporter', 'kubeStateMetrics', 'kibana', 'filebeat'];
  const changes = release('staging', {
    'images.upstream': Object.fromEntries(upstream.map((image) => [image, { tag: '999.9' }])),
  });
  changes.delete(copied);
  expect(changes.size).toBeGreaterThanOrEqual(upstream.length);
  const controller = / kubernetes_(deployment|stateful_set|daemon_set|cron_job|job)_v1\./;
  expect([...changes.keys()].filter((address) => !controller.test(address))).toEqual([]);
});

test('on Docker it makes containers again, and no volume', () => {
  const changes = release('local', { 'images.upstream': { redis: { tag: '7.4.12' } } });
  const [containers, others] = [true, false].map((are) =>
    [...changes.keys()].filter((address) => address.includes(' docker_container.') === are).sort(),
  );
  expect(others).toEqual(['data docker_image.redis']);
  expect(containers).toEqual(expect.arrayContaining(['data docker_container.cache', 'data docker_container.queue']));
});
