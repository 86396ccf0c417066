import { defineEnvironment, type EnvironmentConfig } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { boundaryOf, Workload } from '../../constructs/workload/workload';
import { withSystem } from '../../stacks/system';
import { changed } from '../config/changed';
import { type Claim, chartObjects, type Metadata, podsOf } from '../kubernetes-objects';
import { type SynthesizedSystem, synthesizedSystems } from '../synthesized';

/** An environment that was never reviewed: nothing is compared with plans. */
const estate = (values: Readonly<Record<string, unknown>>, base: EnvironmentConfig = dev) =>
  defineEnvironment(changed(base, { name: 'estate', ...values }));
const system = (values: Readonly<Record<string, unknown>>, base = dev) =>
  synthesizedSystems([estate(values, base)])[0] as SynthesizedSystem;
const stacksOf = ({ stacks, stack }: SynthesizedSystem) => stacks.map(({ unit }) => stack(unit));

describe('labels and annotations of an estate', () => {
  const labels = { 'example.com/team': 'quant' };
  const annotations = { 'example.com/contact': 'quant@example.com' };
  const stacks = stacksOf(
    system({ cluster: { labels, annotations, ignoredLabels: ['^cattle\\.io/'], ignoredAnnotations: ['^field\\.'] } }),
  );

  test('are on every object that has metadata, and on every pod', () => {
    const objects = stacks.flatMap((stack) => [
      ...Object.entries(stack.json.resource ?? {})
        .filter(([type]) => type.startsWith('kubernetes_'))
        .flatMap(([, named]) => Object.values(named) as unknown as Array<{ metadata: Metadata }>),
      ...chartObjects(stack),
      ...podsOf(stack).map(({ template }) => template),
    ]);
    expect(objects.length).toBeGreaterThan(100);
    for (const { metadata } of objects) expect(metadata).toMatchObject({ labels, annotations });
  });

  test.each([
    ['kubernetes_service_v1', 'gateway-public', { type: 'loadBalancer' }],
    [
      'kubernetes_ingress_v1',
      'gateway',
      { type: 'ingress', tls: { by: 'controller' }, controller: { namespace: 'ingress', labels: { app: 'nginx' } } },
    ],
  ])('are on what outsiders come by: %s', (type, name, exposure) => {
    const { stack } = system({ cluster: { labels, annotations }, exposure });
    const { metadata } = stack('application').resource<{ metadata: Metadata }>(type, name);
    expect(metadata).toMatchObject({ labels, annotations });
  });

  test('select nothing: another label would be another controller', () => {
    const text = stacks.map((stack) => stack.text).join('');
    expect(text).toContain('"match_labels"');
    expect(/"match_labels": {[^}]*example\.com/.test(text)).toBe(false);
  });

  test('of others are not looked at, in any stack', () => {
    for (const { json } of stacks) {
      expect(json.provider?.kubernetes).toEqual([
        expect.objectContaining({ ignore_labels: ['^cattle\\.io/'], ignore_annotations: ['^field\\.'] }),
      ]);
    }
  });
});

describe('placement', () => {
  const placed = system({
    cluster: {
      placement: {
        nodeSelector: { pool: 'apps' },
        tolerations: [{ key: 'dedicated', value: 'apps', effect: 'NoExecute', seconds: 60 }, { key: 'spot' }],
        priorityClass: 'business',
        runtimeClass: 'gvisor',
        components: { postgres: { nodeSelector: { pool: 'data' }, priorityClass: 'data' } },
      },
    },
  });
  const pods = stacksOf(placed).flatMap(podsOf);

  test('is the same for all but agents and what has its own', () => {
    const ofAll = {
      node_selector: { pool: 'apps' },
      toleration: [
        { key: 'dedicated', operator: 'Equal', value: 'apps', effect: 'NoExecute', toleration_seconds: '60' },
        { key: 'spot', operator: 'Exists' },
      ],
      priority_class_name: 'business',
      runtime_class_name: 'gvisor',
    };
    const agents = placed.environment.all(Workload).filter(({ props }) => boundaryOf(props.kind) === 'agents');
    const others = ['postgres', ...agents.map(({ component }) => component)];
    expect(agents.length).toBeGreaterThan(0);
    for (const { component, template } of pods) {
      if (!others.includes(component)) expect(template.spec).toMatchObject(ofAll);
    }
    expect(pods.find(({ component }) => component === 'postgres')?.template.spec).toMatchObject({
      ...ofAll,
      node_selector: { pool: 'data' },
      priority_class_name: 'data',
    });
  });

  test('of agents is every node, whatever it runs containers by', () => {
    const spec = pods.find(({ component }) => component === 'node-exporter')?.template.spec;
    expect(spec).toMatchObject({ toleration: [{ operator: 'Exists' }], priority_class_name: 'business' });
    expect(spec).not.toHaveProperty('node_selector');
    expect(spec).not.toHaveProperty('runtime_class_name');
  });
});

describe('storage', () => {
  test('has the class of its estate, or its own, and a claim that exists is used and not made', () => {
    const { stack } = system({
      cluster: {
        storage: { class: 'ssd', classes: { 'backup-data': 'cold' }, existingClaims: { 'postgres-data': 'restored' } },
      },
    });
    const claims = (unit: string) =>
      stack(unit).resources<Claim & { spec: { storage_class_name?: string } }>('kubernetes_persistent_volume_claim_v1');
    expect(Object.keys(claims('data'))).toEqual(['queue-data']);
    expect(claims('data')['queue-data']?.spec.storage_class_name).toBe('ssd');
    expect(claims('backup')['backup-data']?.spec.storage_class_name).toBe('cold');
    const postgres = podsOf(stack('data')).find(({ component }) => component === 'postgres');
    expect(postgres?.template.spec.volume).toContainEqual({
      name: 'data',
      persistent_volume_claim: { claim_name: 'restored' },
    });
  });
});

test('a component or a volume that is not there is refused, with those that are', () => {
  const cluster = {
    placement: { components: { postgress: { priorityClass: 'data' }, constructor: {} } },
    storage: { classes: { postgres: 'ssd' }, existingClaims: { toString: 'old' } },
  };
  const refused = () => withSystem(estate({ cluster }), () => {});
  expect(refused).toThrow(
    /cluster\.placement\.components\.postgress: unknown name, allowed: alertmanager, api, .*postgres, /,
  );
  expect(refused).toThrow(/cluster\.placement\.components\.constructor: unknown name/);
  expect(refused).toThrow(/cluster\.storage\.classes\.postgres: unknown name, allowed: .*postgres-data/);
  expect(refused).toThrow(/cluster\.storage\.existingClaims\.toString: unknown name/);
});

describe('a registry that asks who pulls', () => {
  const registryLogin = { registry: 'registry.example.com', username: 'robot$ci', passwordRevision: 2 };

  test('has a Secret in each namespace, written and kept nowhere else, that every pod names', () => {
    const login = system({ 'images.registryLogin': registryLogin });
    const platform = login.stack('platform');
    const secrets = platform.resources<{ metadata: Metadata; type: string; data_wo_revision: number }>(
      'kubernetes_secret_v1',
    );
    expect(Object.values(secrets).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(
      ['stock-analysis-agents/stock-analysis-registry', 'stock-analysis/stock-analysis-registry'].sort(),
    );
    for (const secret of Object.values(secrets)) {
      expect(secret).toMatchObject({ type: 'kubernetes.io/dockerconfigjson', data_wo_revision: 2 });
      expect(secret.depends_on).toEqual([
        expect.stringMatching(/^kubernetes_namespace_v1\./),
        expect.stringMatching(/^terraform_data\.given-/),
      ]);
    }
    expect(platform.json.variable?.registry_password).toMatchObject({ ephemeral: true, sensitive: true });
    for (const { template } of stacksOf(login).flatMap(podsOf)) {
      expect(template.spec.image_pull_secrets).toEqual([{ name: 'stock-analysis-registry' }]);
    }
  });

  test('is told by the engine’s provider on Docker, its password in no file', () => {
    for (const { json } of stacksOf(
      system({ 'images.registryLogin': registryLogin, 'gateway.localPort': 18_080 }, local),
    )) {
      expect(json.provider?.docker).toEqual([
        {
          registry_auth: [
            {
              address: 'registry.example.com',
              username: 'robot$ci',
              password: expect.stringMatching(/^\$\{var\.registry_password\}$/),
            },
          ],
        },
      ]);
      expect(json.variable?.registry_password).not.toHaveProperty('default');
    }
  });
});
