import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Resource } from '../place/synthesized';
import { fail, ok, skipped, type Verdict } from './check';
import type { Subject } from './subject';

const port = 8080;
const readySeconds = 60;
/** Within which a network has to know of a policy. */
const policySeconds = 20;

/** Serves for ever: what it answers does not matter. */
const serve = `require('node:net').createServer((s) => s.end()).listen(${port})`;
const connect = (address: string) =>
  `require('node:net').connect({ host: '${address}', port: ${port}, timeout: 2000 }).on('connect', () => process.exit(0)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))`;

/** Makes two pods in a namespace of their own, and sees that a policy keeps one from the other. */
export async function policiesAreEnforced(subject: Subject): Promise<Verdict> {
  const { cluster } = subject;
  const described = subject
    .resources('kubernetes_deployment_v1')
    .find(({ metadata }) => metadata.name.endsWith('-api'));
  if (!described) return skipped('the environment has no API, whose image the probe would use');
  const [container] = described.spec.template.spec.container;
  const namespace = `${subject.namespace}-probe-${randomBytes(3).toString('hex')}`;
  const apply = (...items: Resource[]) =>
    cluster.kubectl(['apply', '-f', '-'], {
      input: Readable.from([JSON.stringify({ apiVersion: 'v1', kind: 'List', items })]),
    });
  const reaches = async (address: string): Promise<boolean> => {
    const words = ['exec', '-n', namespace, 'client', '--', 'node', '-e', connect(address)];
    return (await cluster.tool(words)).status === 0;
  };
  try {
    await apply(namespaceOf(namespace), podOf(namespace, 'server', container), podOf(namespace, 'client', container));
    await cluster.kubectl([
      'wait',
      '--for=condition=Ready',
      `--timeout=${readySeconds}s`,
      '-n',
      namespace,
      'pod/server',
      'pod/client',
    ]);
    const address = await cluster.kubectl(['get', 'pod', 'server', '-n', namespace, '-o', 'jsonpath={.status.podIP}']);
    if (!(await until(10, () => reaches(address)))) {
      throw new Error(`one pod does not reach the other at ${address}, without any policy`);
    }
    await apply(denyAll(namespace));
    const begun = performance.now();
    const isKept = await until(policySeconds, async () => !(await reaches(address)));
    const seconds = Math.ceil((performance.now() - begun) / 1000);
    return isKept
      ? ok(`a connection came about before a policy forbade it, and did not within ${seconds} s after`)
      : fail(`a connection that a policy forbids came about still after ${policySeconds} s`, { object: 'the network' });
  } finally {
    await cluster.tool(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  }
}

async function until(seconds: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    if (await isSo()) return true;
    await sleep(1_000);
  }
  return false;
}

const namespaceOf = (name: string): Resource => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
});

const podOf = (namespace: string, name: string, { image, image_pull_policy }: Resource): Resource => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name,
        image,
        imagePullPolicy: image_pull_policy,
        command: ['node', '-e', serve],
        resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { cpu: '200m', memory: '96Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  },
});

const denyAll = (namespace: string): Resource => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny-all', namespace },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
});
