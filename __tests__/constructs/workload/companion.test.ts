import { type Companion, Workload } from '../../../constructs/workload/workload';
import { containerViolations, dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { podOf } from '../../kubernetes-objects';
import { rendered, service, type TargetName } from '../../product';

const companion: Companion = {
  image: { reference: 'watcher:1', version: '1' },
  command: ['/watch'],
  ports: { metrics: 9113 },
  environment: { GOMEMLIMIT: '57MiB' },
  cpuMillicores: 50,
  memoryMiB: 64,
  liveness: {
    check: { http: { port: 'metrics', path: '/' } },
    periodSeconds: 15,
    timeoutSeconds: 5,
    failureThreshold: 6,
  },
};
const ports = { http: 8000 };
const withCompanion = (target: TargetName) =>
  rendered(target, (stack) => {
    const web = new Workload(stack, 'web', service({ component: 'web', ports, companion }));
    const reader = new Workload(stack, 'reader', service({ component: 'reader' }));
    stack.environment.connections.allow(reader, web, 'metrics');
  });
const docker = withCompanion('docker');
const kubernetes = withCompanion('kubernetes');

test('in a cluster it is in each pod, contained as the pod itself', () => {
  const [own, beside] = podOf(kubernetes, 'web').template.spec.container;
  expect(beside).toMatchObject({
    name: 'web-companion',
    image: 'watcher:1',
    command: ['/watch'],
    env: [{ name: 'GOMEMLIMIT', value: '57MiB' }],
    port: [{ name: 'metrics', container_port: 9113 }],
    resources: { limits: { cpu: '50m', memory: '64Mi' } },
  });
  expect(beside?.security_context).toEqual(own?.security_context);
  expect(own?.port).toEqual([{ name: 'http', container_port: 8000 }]);
});

test('whether it is well is no part of whether the pod is ready', () => {
  const [, beside] = podOf(kubernetes, 'web').template.spec.container;
  expect(beside?.readiness_probe).toBeUndefined();
  expect(beside?.startup_probe).toBeUndefined();
  expect(beside?.liveness_probe).toMatchObject({ http_get: { port: 'metrics', path: '/' } });
});

test('on an engine it meets the container on the network of the workload, and is contained as that one', () => {
  const beside = dockerContainer(docker, 'web-companion');
  expect(beside).toMatchObject({
    name: 'stock-analysis-web-companion',
    entrypoint: ['/watch'],
    env: ['GOMEMLIMIT=57MiB'],
    user: dockerContainer(docker, 'web').user,
    memory: 64,
    networks_advanced: [{ name: 'stock-analysis-web' }],
  });
  expect(containerViolations('web-companion', beside)).toEqual([]);
});

test('on an engine neither knows the other, which may be started again', () => {
  expect(JSON.stringify(dockerContainer(docker, 'web-companion'))).not.toContain('docker_container.web.');
  expect(JSON.stringify(dockerContainer(docker, 'web'))).not.toContain('companion');
});

test('on an engine they meet where nobody else has been let in, too', () => {
  const stack = rendered('docker', (product) => {
    new Workload(product, 'web', service({ component: 'web', ports, companion }));
  });
  for (const name of ['web', 'web-companion']) {
    expect(dockerContainer(stack, name).networks_advanced?.map((network) => network.name)).toEqual([
      'stock-analysis-web',
    ]);
  }
  expect(stack.resources('docker_network')).toHaveProperty('web');
});

test('in a cluster its ports are reached at the workload, by those who are let in', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['reader -> web:9113']);
  const { spec } = kubernetes.resource<{ spec: { port: Array<{ name: string }> } }>('kubernetes_service_v1', 'web');
  expect(spec.port.map(({ name }) => name)).toEqual(['metrics']);
});

test.each([
  ['name', { http: 9113 }],
  ['number', { metrics: 8000 }],
])('a port whose %s the workload has is refused', (_, taken) => {
  const build = () =>
    rendered('kubernetes', (stack) => {
      new Workload(stack, 'web', service({ component: 'web', ports, companion: { ...companion, ports: taken } }));
    });
  expect(build).toThrow('of its companion is one of its own, allowed: another name and number');
});
