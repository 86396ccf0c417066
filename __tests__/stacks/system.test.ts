import { environmentByName, environmentNames } from '../../config/environments';
import { images, postgresImages, providers } from '../../config/versions';
import { applicationImage, operationsImage, upstreamImage } from '../../constructs/workload/image';
import type { Unit } from '../../constructs/workload/target';
import { addSystem } from '../../stacks/system';
import type { DockerImage, DockerVolume } from '../docker-objects';
import { type Claim, type Controller, type PodTemplate, podsOf } from '../kubernetes-objects';
import { allStacks, environmentSystem, SynthesizedStack, stacksOf, synthesized, unitsOf } from '../synthesized';

const everywhere = environmentNames.map((name) => [name] as const);
const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');

/** Those that keep their logs. */
const withLogs = environmentNames.filter((name) => environmentByName(name).logging);

describe('what each stack plans', () => {
  const addresses = (name: string, unit: Unit) => environmentSystem(name).stack(unit).addresses;

  test('staging is dev with two of everything and its logs, production adds what scales it', () => {
    for (const unit of unitsOf('dev')) {
      const own = addresses('staging', unit).filter(
        (address) => !/\.(alertmanager-slack-url|(elasticsearch-exporter|log-watch)(-files.*)?)$/.test(address),
      );
      expect(own).toEqual(addresses('dev', unit));
    }
    const added = environmentSystem('production')
      .stack('application')
      .addresses.filter((address) => !addresses('dev', 'application').includes(address));
    expect(added).toEqual([
      'kubernetes_horizontal_pod_autoscaler_v2.api',
      'kubernetes_horizontal_pod_autoscaler_v2.worker',
    ]);
  });

  test.each(everywhere)(
    '%s is deployed in one order: platform, data, application, copies, logs where they are kept, and who watches them',
    (name) => {
      const { stacks } = environmentSystem(name);
      expect(environmentByName(name).backup).toBeDefined();
      expect(stacks.map(({ unit, dependencies }) => [unit, dependencies.map(({ node }) => node.id)])).toEqual([
        ['platform', []],
        ['data', [`${name}-platform`]],
        ['application', [`${name}-data`]],
        ['backup', [`${name}-application`]],
        ...(withLogs.includes(name) ? [['logging', [`${name}-backup`]]] : []),
        ['observability', [withLogs.includes(name) ? `${name}-logging` : `${name}-backup`]],
      ]);
    },
  );
});

describe('what holds data never changes its address', () => {
  const stateful = ['kubernetes_persistent_volume_claim_v1', 'kubernetes_secret_v1', 'docker_volume'];
  const isStateful = (address: string) =>
    stateful.some((type) => address.startsWith(`${type}.`)) && !/-files(-\w+)?$/.test(address);
  const addressesOf = (name: string) =>
    stacksOf(name).flatMap((stack) => stack.addresses.filter(isStateful).map((address) => `${stack.name} ${address}`));

  /** What environments know of those they tell of alerts. */
  const notified: Readonly<Record<string, readonly string[]>> = {
    staging: ['slack-url'],
    production: ['heartbeat-url', 'slack-url', 'smtp-password'],
  };

  const ofLogs = [
    'persistent_volume_claim_v1.elasticsearch-data',
    'persistent_volume_claim_v1.elasticsearch-snapshots',
    'persistent_volume_claim_v1.logstash-data',
    'secret_v1.elasticsearch-exporter',
    'secret_v1.elasticsearch-importer',
    'secret_v1.elasticsearch-kibana',
    'secret_v1.elasticsearch-observer',
    'secret_v1.elasticsearch-reader',
    'secret_v1.elasticsearch-snapshots',
    'secret_v1.elasticsearch-superuser',
    'secret_v1.elasticsearch-writer',
    'secret_v1.kibana',
  ];

  // A new address is a destroyed volume: whoever has to change a line moves the state in the same release.
  test.each(clusters)('in %s', (name) => {
    expect(addressesOf(name)).toEqual([
      `${name}-data kubernetes_persistent_volume_claim_v1.postgres-data`,
      `${name}-data kubernetes_persistent_volume_claim_v1.queue-data`,
      `${name}-data kubernetes_secret_v1.cache-api`,
      `${name}-data kubernetes_secret_v1.cache-api-second`,
      `${name}-data kubernetes_secret_v1.cache-monitor`,
      `${name}-data kubernetes_secret_v1.cache-probe`,
      `${name}-data kubernetes_secret_v1.cache-worker`,
      `${name}-data kubernetes_secret_v1.cache-worker-second`,
      `${name}-data kubernetes_secret_v1.postgres-app`,
      `${name}-data kubernetes_secret_v1.postgres-app-second`,
      `${name}-data kubernetes_secret_v1.postgres-backup`,
      `${name}-data kubernetes_secret_v1.postgres-backup-second`,
      `${name}-data kubernetes_secret_v1.postgres-monitor`,
      `${name}-data kubernetes_secret_v1.postgres-owner`,
      `${name}-data kubernetes_secret_v1.postgres-owner-second`,
      `${name}-data kubernetes_secret_v1.postgres-read`,
      `${name}-data kubernetes_secret_v1.postgres-read-second`,
      `${name}-data kubernetes_secret_v1.queue-api`,
      `${name}-data kubernetes_secret_v1.queue-api-second`,
      `${name}-data kubernetes_secret_v1.queue-monitor`,
      `${name}-data kubernetes_secret_v1.queue-probe`,
      `${name}-data kubernetes_secret_v1.queue-scheduler`,
      `${name}-data kubernetes_secret_v1.queue-scheduler-second`,
      `${name}-data kubernetes_secret_v1.queue-worker`,
      `${name}-data kubernetes_secret_v1.queue-worker-second`,
      `${name}-application kubernetes_secret_v1.api`,
      `${name}-application kubernetes_secret_v1.api-second`,
      ...(name === 'production' ? [] : [`${name}-application kubernetes_secret_v1.gateway-login`]),
      `${name}-application kubernetes_secret_v1.worker-akshare-api-key`,
      `${name}-application kubernetes_secret_v1.worker-tushare-api-key`,
      `${name}-application kubernetes_secret_v1.worker-wind-api-key`,
      `${name}-backup kubernetes_persistent_volume_claim_v1.backup-data`,
      ...(withLogs.includes(name) ? ofLogs.map((address) => `${name}-logging kubernetes_${address}`) : []),
      `${name}-observability kubernetes_persistent_volume_claim_v1.alertmanager-data`,
      `${name}-observability kubernetes_persistent_volume_claim_v1.prometheus-data`,
      ...(notified[name] ?? []).map((key) => `${name}-observability kubernetes_secret_v1.alertmanager-${key}`),
      `${name}-observability kubernetes_secret_v1.grafana`,
    ]);
  });

  test('in local', () => {
    expect(addressesOf('local')).toEqual([
      'local-data docker_volume.postgres-data',
      'local-data docker_volume.queue-data',
      'local-backup docker_volume.backup-data',
      'local-observability docker_volume.alertmanager-data',
      'local-observability docker_volume.prometheus-data',
    ]);
  });

  test('nor its name, which is part of what makes a volume another', () => {
    const claims = environmentSystem('production')
      .stack('data')
      .resources<Claim>('kubernetes_persistent_volume_claim_v1');
    const volumes = environmentSystem('local').stack('data').resources<DockerVolume>('docker_volume');
    expect(Object.values(claims).map(({ metadata }) => metadata.name)).toEqual([
      'stock-analysis-postgres-data',
      'stock-analysis-queue-data',
    ]);
    expect([volumes['postgres-data']?.name, volumes['queue-data']?.name]).toEqual([
      'stock-analysis-postgres-data',
      'stock-analysis-queue-data',
    ]);
  });

  test.each(everywhere)('and in %s Terraform refuses to destroy it where the environment says so', (name) => {
    const bodies = stacksOf(name).flatMap((stack) =>
      stack.addresses.filter(isStateful).map((address) => {
        const [type = '', id = ''] = address.split('.');
        return stack.resource(type, id).lifecycle?.prevent_destroy;
      }),
    );
    expect(bodies.length).toBeGreaterThan(0);
    expect(new Set(bodies)).toEqual(new Set([environmentByName(name).deletionProtection]));
  });
});

describe('every stack plans from zero', () => {
  /** What would need another stack, a cluster or a custom resource before there is a plan; empty for a plan from zero. */
  function needs({ name, json, text }: SynthesizedStack): string[] {
    const found: string[] = [];
    const need = (broken: unknown, line: string) => {
      if (broken) found.push(`${name}: ${line}`);
    };
    need(json.data, 'reads a data source');
    need(json.output, 'gives outputs to others');
    need(text.includes('terraform_remote_state'), 'reads the state of another stack');
    need(text.includes('kubernetes_manifest'), 'asks the cluster for the shape of an object');
    need(/\$\{/.test(JSON.stringify(json.provider)), 'configures a provider from a resource');
    const own = Object.entries(json.resource ?? {}).flatMap(([type, named]) =>
      Object.keys(named).map((id) => `${type}.${id}`),
    );
    const ephemeral = Object.entries(json.ephemeral ?? {}).flatMap(([type, named]) =>
      Object.keys(named).map((id) => `ephemeral.${type}.${id}`),
    );
    const variables = Object.keys(json.variable ?? {}).map((id) => `var.${id}`);
    for (const [, address = ''] of text.matchAll(/(?<!\$)\$\{(?!self\.)((?:ephemeral\.)?[\w-]+\.[\w-]+)/g)) {
      need(![...own, ...ephemeral, ...variables].includes(address), `refers to ${address}, which is not in it`);
    }
    return found;
  }

  test('in every environment', () => {
    expect(allStacks().length).toBeGreaterThanOrEqual(environmentNames.length * 4);
    expect(allStacks().flatMap(needs)).toEqual([]);
  });

  const broken: Array<[what: string, change: (json: Record<string, unknown>) => void, line: string]> = [
    [
      'reads a state',
      (json) => Object.assign(json, { data: { terraform_remote_state: {} } }),
      'reads the state of another stack',
    ],
    ['gives an output', (json) => Object.assign(json, { output: { address: {} } }), 'gives outputs to others'],
    [
      'has a provider made of a resource',
      (json) => Object.assign(json, { provider: { kubernetes: [{ host: '${docker_container.api.name}' }] } }),
      'configures a provider from a resource',
    ],
    [
      'has a manifest',
      (json) => Object.assign(json.resource as object, { kubernetes_manifest: { alert: {} } }),
      'asks the cluster for the shape of an object',
    ],
    [
      'refers to what another stack makes',
      (json) => Object.assign(json, { locals: { network: '${docker_network.api.name}' } }),
      'refers to docker_network.api, which is not in it',
    ],
  ];
  test.each(broken)('and a stack that %s is caught', (_, change, line) => {
    const stack = environmentSystem('dev').stack('data');
    const json = JSON.parse(stack.text);
    change(json);
    expect(needs(new SynthesizedStack(stack.name, JSON.stringify(json)))).toContain(`dev-data: ${line}`);
  });

  // Terraform takes an address there and refuses an expression, before it plans anything.
  test('an order is given by addresses of the same stack', () => {
    for (const stack of allStacks()) {
      for (const [type, named] of Object.entries(stack.json.resource ?? {})) {
        for (const [name, { depends_on = [], lifecycle }] of Object.entries(named)) {
          const triggers = (lifecycle?.replace_triggered_by ?? []).map((trigger) => trigger.replace(/\.id$/, ''));
          const orders = [...depends_on, ...triggers];
          expect([`${stack.name} ${type}.${name}`, orders.filter((each) => !stack.addresses.includes(each))]).toEqual([
            `${stack.name} ${type}.${name}`,
            [],
          ]);
        }
      }
    }
  });

  test('each has a state of its own', () => {
    const backends = allStacks().map(({ json }) => JSON.stringify(json.terraform.backend));
    expect(new Set(backends).size).toBe(allStacks().length);
  });
});

describe('every image and provider is pinned', () => {
  const templates = (stack: SynthesizedStack): PodTemplate[] => podsOf(stack).map(({ template }) => template);
  const imagesOf = (stack: SynthesizedStack) => [
    ...templates(stack).flatMap(({ spec }) =>
      [...spec.container, ...(spec.init_container ?? [])].map(({ image }) => image),
    ),
    ...Object.values(stack.resources<DockerImage>('docker_image')).flatMap(({ name, build }) => [
      name,
      ...Object.values(build?.build_args ?? {}),
    ]),
  ];

  test.each(everywhere)('in %s, all images are those of the versions file and our own', (name) => {
    const { images: settings } = environmentByName(name);
    const names = Object.keys(images) as Array<keyof typeof images>;
    const upstream = names.map((image) => upstreamImage(settings, image).reference);
    const known = [...upstream, applicationImage(settings).reference, operationsImage(settings, 17).reference];
    const used = [...new Set(stacksOf(name).flatMap(imagesOf))].sort();
    expect(used.filter((image) => !known.includes(image))).toEqual([]);
    expect(used.length).toBeGreaterThanOrEqual(4);
  });

  test('every image of the versions file is used, or is a PostgreSQL that an environment can be upgraded to', () => {
    const used = new Set(allStacks().flatMap(imagesOf));
    const next: readonly string[] = Object.values(postgresImages).map((name) => images[name]);
    const unused = Object.values(images).filter((image) => !used.has(image));
    expect(unused.filter((image) => !next.includes(image))).toEqual([]);
    expect(unused.length).toBeLessThan(next.length);
  });

  test('none is the latest, and none has no version', () => {
    for (const image of allStacks().flatMap(imagesOf)) {
      expect(image).toMatch(/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/);
      expect(image).not.toMatch(/:latest$/);
    }
  });

  test('no text of a plan names another image', () => {
    for (const { text } of allStacks()) expect(text).not.toMatch(/:latest\b/);
  });

  test('providers have exact versions', () => {
    const pinned = new Set(
      allStacks().flatMap(({ json }) =>
        Object.values(json.terraform.required_providers).map(({ source, version }) => `${source} ${version}`),
      ),
    );
    expect([...pinned].sort()).toEqual([
      'helm 3.1.1',
      'kreuzwerker/docker 3.6.2',
      'kubernetes 2.38.0',
      `${providers.random.source} ${providers.random.version}`,
    ]);
  });
});

describe('a namespace has room for what is deployed into it', () => {
  const amount = (text = '0') => Number.parseInt(text, 10);

  test.each(clusters)(
    'in %s, with every autoscaler at its end and every deployment in the middle of an update',
    (name) => {
      const pods = stacksOf(name).flatMap(podsOf);
      // What a rolling update replaces ends while the new begins.
      const rolling = stacksOf(name).flatMap((stack) =>
        Object.entries(stack.resources<Controller>('kubernetes_deployment_v1'))
          .filter(([, { spec }]) => spec.strategy?.type === 'RollingUpdate')
          .map(([component]) => component),
      );
      const most = pods.map((pod) => ({ ...pod, count: pod.replicas * (rolling.includes(pod.component) ? 2 : 1) }));
      const total = (resource: string) =>
        most.reduce(
          (sum, { count, template }) =>
            template.spec.container.reduce(
              (ofPod, { resources }) => ofPod + count * amount(resources?.limits?.[resource]),
              sum,
            ),
          0,
        );
      const claims = stacksOf(name).flatMap((stack) =>
        Object.values(stack.resources<Claim>('kubernetes_persistent_volume_claim_v1')),
      );
      const storage = claims.reduce((sum, { spec }) => sum + amount(spec.resources.requests.storage), 0);
      const { quota } = environmentByName(name);
      expect(total('cpu')).toBeLessThanOrEqual(quota.cpuMillicores);
      expect(total('memory')).toBeLessThanOrEqual(quota.memoryMiB);
      expect(storage).toBeLessThanOrEqual(quota.storageGiB);
      expect(most.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(quota.pods);
    },
  );
});

test('every value of an environment is used by one of the targets', () => {
  const read = new Set<string>();
  const written = new Set<string>();
  const observed = <T extends object>(value: T, path: string): T =>
    new Proxy(value, {
      get(target, key) {
        const child = Reflect.get(target, key);
        if (typeof key === 'symbol' || Array.isArray(target)) return child;
        const childPath = path ? `${path}.${key}` : key;
        if (typeof child === 'object' && child !== null) return observed(child, childPath);
        read.add(childPath);
        return child;
      },
    });
  const leaves = (value: object, path: string): void => {
    for (const [key, child] of Object.entries(value)) {
      const childPath = path ? `${path}.${key}` : key;
      if (typeof child === 'object' && child !== null && !Array.isArray(child)) leaves(child, childPath);
      else if (!Array.isArray(child)) written.add(childPath);
    }
  };
  for (const config of [environmentByName('local'), environmentByName('staging'), environmentByName('production')]) {
    leaves(config, '');
    synthesized((app) => addSystem(app, observed(structuredClone(config), '')));
  }
  expect([...written].filter((path) => !read.has(path))).toEqual([]);
});
