import { type Companion, Workload } from '../../../constructs/workload/workload';
import { containerViolations, type DockerContainer, dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { podOf } from '../../kubernetes-objects';
import { rendered, service, type TargetName } from '../../product';
import { reference } from '../../synthesized';

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

test('on an engine it has the network of the container, is contained as that one, and goes with it', () => {
  const beside = dockerContainer(docker, 'web-companion') as DockerContainer & {
    lifecycle: { replace_triggered_by: string[] };
  };
  expect(beside).toMatchObject({
    name: 'stock-analysis-web-companion',
    entrypoint: ['/watch'],
    env: ['GOMEMLIMIT=57MiB'],
    user: dockerContainer(docker, 'web').user,
    memory: 64,
    network_mode: `container:${reference('docker_container.web.id')}`,
    lifecycle: { replace_triggered_by: ['docker_container.web'] },
  });
  expect(beside.networks_advanced).toBeUndefined();
  expect(containerViolations('web-companion', beside)).toEqual([]);
});

test('its ports are reached at the workload, by those who are let in', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['reader -> web:9113']);
  const { spec } = kubernetes.resource<{ spec: { port: Array<{ name: string }> } }>('kubernetes_service_v1', 'web');
  expect(spec.port.map(({ name }) => name)).toEqual(['http', 'metrics']);
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
