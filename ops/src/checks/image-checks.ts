import { imagesOn, type Node, nameOnNodes, running } from '../place/kubernetes-place';
import { isInRegistry } from '../place/registry';
import type { Resource } from '../place/synthesized';
import { unreleasedDigest } from '../place/unreleased';
import { faultOf, type Pod } from '../running/kubernetes-components';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import type { Subject } from './subject';
import { deployed } from './target';

const failedEvents = 'kubectl -n {namespace} get events --field-selector reason=Failed';

export const imageChecks: readonly Check[] = [
  {
    id: 'IMAGE-001',
    scope: deployed,
    title: 'every image names a release that was made',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: 'no digest of zeros',
    command: 'npm run deploy -- {environment}',
    about:
      'The environment’s file carries the digests of its images; before the first release they are zeros, and nothing can be pulled by them.',
    run: async (subject) => {
      const images = imagesOf(subject);
      const found = images.filter((image) => image.endsWith(unreleasedDigest));
      return found.length === 0
        ? ok(`${images.length} images`)
        : fail(`no release yet: ${found.join(', ')}`, {
            object: found[0],
            command: 'put the digests of a release into config/environments/{environment}.ts',
          });
    },
  },
  {
    id: 'IMAGE-002',
    scope: deployed,
    title: 'every image is there, or a registry has it',
    needs: ['IMAGE-001', 'ENGINE-001', 'K8S-002'],
    severity: 'warn',
    expected: 'on the engine or a node, or in the registry that its name begins with',
    command: {
      docker: 'docker manifest inspect IMAGE',
      kubernetes: failedEvents,
    },
    about:
      'What is on no node and not on the engine has to be pulled. Its registry is asked as anybody may ask, which needs the internet and is therefore no more than a warning: a registry ' +
      'that asks for an account cannot be asked from here. Images that are built when the environment is deployed are left out.',
    timeoutSeconds: 30,
    run: imagesCanBeHad,
  },
  {
    id: 'IMAGE-003',
    scope: ['kubernetes'],
    title: 'no pod waits for an image',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'every image was pulled',
    command: failedEvents,
    about: 'The node could not pull it: its name, its registry, or the credentials for it. The events say which.',
    run: noPodWaits,
  },
];

/** Every image that is pulled. */
function imagesOf(subject: Subject): string[] {
  const onEngine = subject.resources('docker_image').filter(({ build }) => !build);
  const pods = [...Object.keys(running), 'kubernetes_cron_job_v1'].flatMap((type) =>
    subject.resources(type).map(podOf),
  );
  const containers = pods.flatMap(({ container, init_container = [] }) => [...container, ...init_container]);
  return [...new Set([...onEngine.map(({ name }) => name), ...containers.map(({ image }) => image)])];
}

const podOf = ({ spec }: Resource): Resource => (spec.job_template ? spec.job_template.spec : spec).template.spec;

async function imagesCanBeHad(subject: Subject): Promise<Verdict> {
  const wanted = imagesOf(subject);
  const there = subject.target === 'docker' ? await onEngine(subject) : await onNodes(subject);
  const away = wanted.filter((image) => !there.has(nameOnNodes(image)));
  const asked = await Promise.all(
    away.map((image) =>
      isInRegistry(image, subject.signal).then(
        (isThere) => (isThere ? undefined : `${image}: its registry has no such image`),
        (error: Error) => `${image}: ${(error.cause as Error | undefined)?.message || error.message}`,
      ),
    ),
  );
  const faults = asked.filter((fault) => fault !== undefined);
  const [first] = faults;
  if (!first) return ok(`${wanted.length - away.length} there, ${away.length} in registries`);
  const image = first.slice(0, first.indexOf(': '));
  return warn(
    `${faults.length} of ${wanted.length} are not there, and no registry said that it has them: ${faults.join('; ')}`,
    {
      object: image,
      ...(subject.target === 'docker' && { command: `docker manifest inspect ${image}` }),
      evidence: faults,
    },
  );
}

async function onEngine(subject: Subject): Promise<Set<string>> {
  const { output } = await subject.tool('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']);
  return new Set(output.trim().split('\n'));
}

async function onNodes(subject: Subject): Promise<Set<string>> {
  const { items }: { items: Node[] } = await subject.kubernetes('get', 'nodes');
  return new Set(items.flatMap(imagesOn));
}

async function noPodWaits(subject: Subject): Promise<Verdict> {
  const { items }: { items: Pod[] } = await subject.kubernetes('get', 'pods', '-n', subject.namespace);
  if (items.length === 0) return skipped(`no pod is in ${subject.namespace}`);
  const waiting = items.flatMap((pod) => {
    const fault = faultOf(pod);
    return fault && /ImagePull|ErrImage|InvalidImageName/.test(fault) ? [`${pod.metadata.name}: ${fault}`] : [];
  });
  if (waiting.length === 0) return ok(`${items.length} pods`);
  const [name] = waiting[0]?.split(':') ?? [];
  return fail(waiting.join('; '), {
    object: `pod ${name}`,
    command: `kubectl -n ${subject.namespace} describe pod ${name}`,
    evidence: waiting,
  });
}
