import staging from '../../config/environments/staging';
import { withFaults } from '../../tools/gates/faults';
import type { Manifest } from '../../tools/gates/manifest';
import { platformGate } from '../../tools/gates/platform-gate';

const labels = { 'app.kubernetes.io/name': 'cache' };
const object = (kind: string, spec: object): Manifest & { spec: object } => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'cache', namespace: 'x', labels },
  spec,
});
const manifests = [
  object('Deployment', {
    template: {
      metadata: { labels },
      spec: {
        priorityClassName: 'serving',
        containers: [{ name: 'cache', image: 'redis:7', ports: [{ name: 'redis', containerPort: 6379 }] }],
      },
    },
  }),
  object('Service', { selector: labels, ports: [{ port: 80, targetPort: 'redis' }] }),
  object('NetworkPolicy', { podSelector: { matchLabels: labels }, ingress: [{ ports: [{ port: 6379 }] }] }),
];
const rulesIn = async (changed: readonly Manifest[]) =>
  (await platformGate([{ config: staging, manifests: changed }])).map(({ rule, object: where }) => `${rule} ${where}`);

test('what is reached, ranked and looked at by every tool is found nothing of', async () => {
  expect(await rulesIn(manifests)).toEqual([]);
});

test.each([
  ['that nobody is let in to', 'NetworkPolicy/cache', ['spec', 'ingress'], []],
  ['whose policy is of other pods', 'NetworkPolicy/cache', ['spec', 'podSelector'], { matchLabels: { a: 'b' } }],
  ['that is let in to at another port', 'NetworkPolicy/cache', ['spec', 'ingress', '0', 'ports', '0', 'port'], 6380],
  ['of a port that no container has', 'Service/cache', ['spec', 'ports', '0', 'targetPort'], 'rediss'],
])('a Service %s is one that nobody reaches', async (_, where, at, value) => {
  expect(await rulesIn(withFaults(manifests, [{ rule: '', object: where, at, value }]))).toEqual([
    'service-nobody-reaches Service/cache',
  ]);
});

test.each([
  ['priority-class Deployment/cache', ['spec', 'template', 'spec', 'priorityClassName'], undefined],
  ['suppression Deployment/cache', ['metadata', 'annotations', 'kube-score/ignore'], 'pod-probes'],
  ['suppression Deployment/cache', ['spec', 'template', 'metadata', 'annotations', 'checkov.io/skip1'], 'CKV_K8S_16'],
])('%s', async (line, at, value) => {
  expect(await rulesIn(withFaults(manifests, [{ rule: '', object: 'Deployment/cache', at, value }]))).toEqual([line]);
});

test('a fault for what is not there is refused, and the manifests stay as they are', () => {
  expect(() => withFaults(manifests, [{ rule: '', object: 'Service/queue', at: [] }])).toThrow(
    'a fault is to be put into Service/queue, which is not there',
  );
  expect(withFaults(manifests, [{ rule: '', object: 'Service/cache', at: [] }])).toHaveLength(2);
  expect(manifests).toHaveLength(3);
});
