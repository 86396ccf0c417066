import { environmentByName, environmentNames } from '../../config/environments';
import { type DockerContainer, startedContainers } from '../docker-objects';
import { type Metadata, type PodTemplate, podsOf } from '../kubernetes-objects';
import { type Body, reference, SynthesizedStack, stacksOf } from '../synthesized';

const ofTarget = (target: string) => environmentNames.filter((name) => environmentByName(name).target === target);

/** Everything that Terraform makes before a resource, by `depends_on` and by the expressions in its body. */
function madeBefore(stack: SynthesizedStack, address: string, found = new Set<string>()): Set<string> {
  const [type = '', name = ''] = address.split('.');
  const body = stack.resource(type, name);
  const text = JSON.stringify({ ...body, lifecycle: undefined });
  const referred = stack.addresses.filter((other) => text.includes(reference(other).slice(0, -1)));
  for (const next of [...(body.depends_on ?? []), ...referred]) {
    if (next === address || found.has(next)) continue;
    found.add(next);
    madeBefore(stack, next, found);
  }
  return found;
}

const controllers = {
  Deployment: 'deployment',
  StatefulSet: 'stateful_set',
  DaemonSet: 'daemon_set',
  CronJob: 'cron_job',
  Job: 'job',
};

/** What a pod needs to start, and to be let in and out as it should, of what its own stack makes. */
function neededBy(stack: SynthesizedStack, namespace: string | undefined, { metadata, spec }: PodTemplate): string[] {
  const sources = spec.volume.flatMap(({ projected = [] }) => projected.flatMap(({ sources: all }) => all));
  const byName: Array<[type: string, names: Array<string | undefined>]> = [
    ['kubernetes_service_account_v1', [spec.service_account_name]],
    ['kubernetes_config_map_v1', sources.flatMap(({ config_map = [] }) => config_map.map(({ name }) => name))],
    ['kubernetes_secret_v1', sources.flatMap(({ secret = [] }) => secret.map(({ name }) => name))],
    [
      'kubernetes_persistent_volume_claim_v1',
      spec.volume.map(({ persistent_volume_claim: claim }) => claim?.claim_name),
    ],
  ];
  const selects = (selector: Readonly<Record<string, string>> = {}) =>
    Object.entries(selector).every(([key, value]) => metadata.labels[key] === value);
  const inNamespace = <T extends { metadata: Metadata }>(type: string, matches: (body: T & Body) => boolean) =>
    Object.entries(stack.resources<T>(type))
      .filter(([, body]) => body.metadata.namespace === namespace && matches(body))
      .map(([name]) => `${type}.${name}`);
  return [
    ...byName.flatMap(([type, names]) => inNamespace(type, (body) => names.includes(body.metadata.name))),
    ...inNamespace<{ metadata: Metadata; spec: { pod_selector: { match_labels?: Record<string, string> } } }>(
      'kubernetes_network_policy_v1',
      (body) => selects(body.spec.pod_selector.match_labels),
    ),
    ...inNamespace<{ metadata: Metadata; spec: { selector: Record<string, string> } }>(
      'kubernetes_service_v1',
      (body) => selects(body.spec.selector),
    ),
    ...accessOf(stack, spec.service_account_name),
  ];
}

/** Roles and bindings of an account. */
const accessOf = (stack: SynthesizedStack, account: string | undefined): string[] =>
  ['kubernetes_role_binding_v1', 'kubernetes_cluster_role_binding_v1'].flatMap((type) =>
    Object.entries(stack.resources<{ subject: Array<{ name: string }> }>(type)).flatMap(([name, { subject }]) =>
      subject.some((each) => each.name === account)
        ? [`${type}.${name}`, `${type.replace('_binding', '')}.${name}`]
        : [],
    ),
  );

/** What would be missing at the start of a pod, a line each. */
const missing = (stack: SynthesizedStack): string[] =>
  podsOf(stack).flatMap(({ component, controller, namespace, template }) => {
    const before = madeBefore(stack, `kubernetes_${controllers[controller]}_v1.${component}`);
    return neededBy(stack, namespace, template)
      .filter((address) => !before.has(address))
      .map((address) => `${stack.name} ${component}: ${address}`);
  });

test.each(ofTarget('kubernetes'))('in %s a pod is made after all that it reads and all that holds it', (name) => {
  const stacks = stacksOf(name);
  const needed = stacks.flatMap((stack) =>
    podsOf(stack).flatMap(({ namespace, template }) => neededBy(stack, namespace, template)),
  );
  const types = new Set(needed.map((address) => address.split('.')[0]));
  expect([...types].sort()).toEqual([
    'kubernetes_cluster_role_binding_v1',
    'kubernetes_cluster_role_v1',
    'kubernetes_config_map_v1',
    'kubernetes_network_policy_v1',
    'kubernetes_persistent_volume_claim_v1',
    'kubernetes_role_binding_v1',
    'kubernetes_role_v1',
    'kubernetes_secret_v1',
    'kubernetes_service_account_v1',
    'kubernetes_service_v1',
  ]);
  expect(stacks.flatMap(missing)).toEqual([]);
});

test.each(ofTarget('docker'))('in %s a container is made after its volumes, and those that bring its files', (name) => {
  const started = stacksOf(name).flatMap((stack) => startedContainers(stack).map(([id]) => ({ stack, id })));
  const checked = started.flatMap(({ stack, id }) => {
    const { mounts = [] } = stack.resource<DockerContainer>('docker_container', id);
    const before = madeBefore(stack, `docker_container.${id}`);
    return mounts
      .filter(({ type }) => type === 'volume')
      .flatMap(({ source, read_only: isForFiles }) => {
        const volume = /^\$\{docker_volume\.([\w-]+)\./.exec(source)?.[1];
        return [`docker_volume.${volume}`, ...(isForFiles ? [`docker_container.${volume}`] : [])];
      })
      .map((address) => ({ address, isBefore: before.has(address) }));
  });
  expect(checked.length).toBeGreaterThan(10);
  expect(checked.filter(({ isBefore }) => !isBefore)).toEqual([]);
});

test('a pod that does not wait for what it reads is caught', () => {
  const [stack] = stacksOf('dev').filter(({ name }) => name === 'dev-data');
  const json = JSON.parse((stack as SynthesizedStack).text);
  json.resource.kubernetes_stateful_set_v1.postgres.depends_on = [];
  expect(missing(new SynthesizedStack('dev-data', JSON.stringify(json)))).toEqual(
    expect.arrayContaining([
      'dev-data postgres: kubernetes_config_map_v1.postgres',
      'dev-data postgres: kubernetes_network_policy_v1.postgres',
      'dev-data postgres: kubernetes_secret_v1.postgres-app',
      'dev-data postgres: kubernetes_service_account_v1.postgres',
    ]),
  );
});
