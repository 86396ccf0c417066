import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { previewOf } from '../../config/preview';
import type { DockerContainer } from '../docker-objects';
import { chartObjects } from '../kubernetes-objects';
import { type SynthesizedStack, synthesizedSystems } from '../synthesized';

const onEngine = [
  local,
  defineEnvironment({
    ...local,
    name: 'laptop',
    namespace: 'laptop',
    gateway: { ...local.gateway, localPort: 8081 },
  }),
];
const inCluster = [dev, defineEnvironment(previewOf(dev, { name: 'pr-7', hours: 48 }))];

interface Named {
  readonly name?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly namespace?: string;
}

/** What a stack calls by a name that others could have too: `type namespace/name`. Images are shared, as they may be. */
const namesIn = (stack: SynthesizedStack): string[] => [
  ...Object.entries((stack.json.resource ?? {}) as Record<string, Record<string, Named>>)
    .filter(([type]) => type !== 'docker_image' && type !== 'terraform_data')
    .flatMap(([type, resources]) =>
      Object.values(resources).map(({ name, namespace, metadata = { name, namespace } }) =>
        [type, metadata.namespace, metadata.name].join(' '),
      ),
    ),
  ...chartObjects(stack).map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name].join(' ')),
];

const filesAndPorts = (stack: SynthesizedStack): string[] =>
  Object.values(stack.resources<DockerContainer>('docker_container')).flatMap(({ upload = [], ports = [] }) => [
    ...upload.flatMap(({ source }) => (source?.includes('.local/') ? [`file ${source}`] : [])),
    ...ports.map(({ ip, external }) => `port ${ip}:${external}`),
  ]);

const stateOf = (stack: SynthesizedStack): string => `state ${JSON.stringify(stack.json.terraform.backend)}`;

test.each([
  ['two environments on one Docker engine', onEngine],
  ['two environments of one cluster', inCluster],
])('%s have no name, claim, secret file, network, port or state in common', (_, configs) => {
  const taken = synthesizedSystems(configs).map(({ stacks, stack }) =>
    stacks.map(({ unit }) => stack(unit)).flatMap((each) => [...namesIn(each), ...filesAndPorts(each), stateOf(each)]),
  );
  const [one = [], other = []] = taken;
  expect(one.length).toBeGreaterThan(50);
  expect(one.filter((name) => other.includes(name))).toEqual([]);
});
