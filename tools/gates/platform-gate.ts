import { type Finding, finding, gateOf, objectOf } from './finding';
import type { Manifest } from './manifest';
import { type PodTemplate, podOf } from './pods';
import type { Rendered } from './rendered';

/** What no tool asks: who may reach what is offered, who goes when there is no room for all, and that no tool is told to look away. */
export const platformGate = gateOf((rendered) => [
  ...rendered.manifests.filter(isService).flatMap((service) => unreachable(rendered, service)),
  ...rendered.manifests.flatMap((manifest) => withoutPriority(rendered, manifest)),
  ...rendered.manifests.flatMap((manifest) => suppressions(rendered, manifest)),
]);

interface Service extends Manifest {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: ReadonlyArray<{ readonly port: number; readonly targetPort?: string | number }>;
  };
}

interface NetworkPolicy extends Manifest {
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Labels };
    readonly ingress?: ReadonlyArray<{ readonly ports?: ReadonlyArray<{ readonly port: string | number }> }>;
  };
}

type Labels = Readonly<Record<string, string>>;

const isService = (manifest: Manifest): manifest is Service => manifest.kind === 'Service';
const isPolicy = (manifest: Manifest): manifest is NetworkPolicy => manifest.kind === 'NetworkPolicy';

/** The ports of a Service at which no policy lets anybody in to its pods. */
function unreachable(rendered: Rendered, service: Service): Finding[] {
  const pods = rendered.manifests
    .filter(({ metadata }) => metadata.namespace === service.metadata.namespace)
    .map(podOf)
    .filter((pod) => pod !== undefined)
    .filter((pod) => isSelected(service.spec.selector, pod.metadata.labels));
  const open = rendered.manifests
    .filter(isPolicy)
    .filter(({ metadata }) => metadata.namespace === service.metadata.namespace)
    .filter(({ spec }) => pods.some((pod) => isSelected(spec.podSelector.matchLabels, pod.metadata.labels)))
    .flatMap(({ spec }) => (spec.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port)));
  return service.spec.ports
    .map(({ port, targetPort = port }) => ({ port, numbers: numbersOf(targetPort, pods) }))
    .filter(({ numbers }) => !numbers.some((number) => open.includes(number)))
    .map(({ port }) => finding(rendered, 'service-nobody-reaches', objectOf(service), `port ${port}`));
}

/** The numbers that pods give to a port. */
const numbersOf = (target: string | number, pods: readonly PodTemplate[]): number[] =>
  typeof target === 'number'
    ? [target]
    : pods.flatMap(({ spec }) =>
        spec.containers.flatMap(({ ports = [] }) =>
          ports.filter(({ name }) => name === target).map(({ containerPort }) => containerPort),
        ),
      );

/** No labels at all are everybody. */
const isSelected = (wanted: Labels = {}, labels: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

function withoutPriority(rendered: Rendered, manifest: Manifest): Finding[] {
  const pod = podOf(manifest);
  if (!pod || pod.spec.priorityClassName) return [];
  return [finding(rendered, 'priority-class', objectOf(manifest), 'its pods have no priority class')];
}

/** Annotations by which a tool is told to look away. */
const suppression = /^(checkov\.io\/skip|kube-score\/|ignore-check\.kube-linter\.io\/)/;

function suppressions(rendered: Rendered, manifest: Manifest): Finding[] {
  const annotated = [manifest, podOf(manifest)].flatMap((one) => Object.keys(one?.metadata.annotations ?? {}));
  return annotated
    .filter((name) => suppression.test(name))
    .map((name) => finding(rendered, 'suppression', objectOf(manifest), name));
}
