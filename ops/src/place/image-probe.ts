import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import type { Resource } from './synthesized';
import type { Ended, ToolOptions } from './tool';

/** What the probe is a copy of: who pulls, and how. */
export interface Probed {
  namespace: string;
  image: string;
  /** Always, IfNotPresent or Never. */
  pullPolicy: string;
  pullSecrets: readonly string[];
}

type Kubectl = (words: readonly string[], options?: ToolOptions) => Promise<Ended>;

const lookMilliseconds = 1_000;
/** Of an image that is being pulled, no more than whether that fails at once is waited for. */
const pullSeconds = 60;

/**
 * Has a node start a container of an image, which ends at once, and removes it again: what nodes and registries tell of their images is
 * not all that a node can have.
 *
 * @returns whether the node has it; false where none said so in time, or no pod may be made
 * @throws Refusal where the node cannot have it, with what it says
 */
export async function probeImage(kubectl: Kubectl, probed: Probed): Promise<boolean> {
  const { namespace, image } = probed;
  const name = `stockops-image-${randomBytes(4).toString('hex')}`;
  const input = Readable.from([JSON.stringify(podOf(name, probed))]);
  const { status } = await kubectl(['create', '-f', '-'], { input });
  if (status !== 0) return false;
  try {
    const deadline = performance.now() + pullSeconds * 1000;
    while (performance.now() < deadline) {
      const { output } = await kubectl(['get', 'pod', name, '-n', namespace, '-o', 'json']);
      const found = verdictOn(JSON.parse(output || '{}'));
      if (found === 'there') return true;
      if (found) throw new Refusal(`a node cannot have the image ${image}: ${found}; push it, or correct its digest`);
      await sleep(lookMilliseconds);
    }
    return false;
  } finally {
    await kubectl(['delete', 'pod', name, '-n', namespace, '--ignore-not-found', '--wait=false']);
  }
}

/** `there`, or why it is not; undefined as long as the node has not said. */
function verdictOn({ status }: Resource): string | undefined {
  const [container] = status?.containerStatuses ?? [];
  const waiting = container?.state.waiting;
  if (/ImagePull|InvalidImageName|ImageNeverPull/.test(waiting?.reason ?? '')) {
    return `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`;
  }
  return container?.imageID ? 'there' : undefined;
}

const podOf = (name: string, { namespace, image, pullPolicy, pullSecrets }: Probed): Resource => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'stockops' } },
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })),
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'probe',
        image,
        imagePullPolicy: pullPolicy,
        command: ['node', '--version'],
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
