import dev from '../../../config/environments/dev';
import { Environment } from '../../../constructs/workload/environment';
import { Secret } from '../../../constructs/workload/secret';
import { type ServiceProps, Workload, type WorkloadProps } from '../../../constructs/workload/workload';
import {
  type Claim,
  type Controller,
  type CronJob,
  chartObjects,
  containerOf,
  type NetworkPolicy,
  podOf,
  podsOf,
} from '../../kubernetes-objects';
import { hardeningViolations, restrictedViolations } from '../../pod-security';
import { addProduct, agent, probes, rendered, scheduled, service, stateful } from '../../product';
import type { SynthesizedStack } from '../../synthesized';

const renderedWorkload = (props: WorkloadProps, values = {}) =>
  rendered('kubernetes', (stack) => new Workload(stack, 'workload', props), values);
const pod = (props: WorkloadProps) => podOf(renderedWorkload(props), props.component).template.spec;
const container = (props: WorkloadProps) => containerOf(renderedWorkload(props), props.component);
const deployment = (props: WorkloadProps, values = {}) =>
  renderedWorkload(props, values).resource<Controller>('kubernetes_deployment_v1', props.component);

const preparations = [{ name: 'migrate', command: ['serve', 'migrate'] }];
const product = rendered('kubernetes', addProduct);

/** What the boundary of every product brings. */
const boundary = [
  'kubernetes_limit_range_v1.limits',
  'kubernetes_namespace_v1.namespace',
  'kubernetes_network_policy_v1.default-deny',
  'kubernetes_priority_class_v1.serving',
  'kubernetes_priority_class_v1.supporting',
  'kubernetes_resource_quota_v1.quota',
  'terraform_data.kept', // Remembers what is not to be lost.
];
const ownAddresses = ({ addresses }: SynthesizedStack) => addresses.filter((address) => !boundary.includes(address));

describe('each kind is made of exactly these resources', () => {
  test('a service', () => {
    expect(ownAddresses(renderedWorkload(service({ ports: { http: 80 }, files: { a: { content: '' } } })))).toEqual([
      'helm_release.release', // The disruption budget.
      'kubernetes_config_map_v1.web',
      'kubernetes_deployment_v1.web',
      'kubernetes_network_policy_v1.web',
      'kubernetes_service_account_v1.web', // Its own, without a token, so that nobody gives rights to all.
    ]);
  });

  test('a service that is scaled by load adds what scales it', () => {
    const scale = { minReplicas: 2, maxReplicas: 4, cpuPercent: 60 };
    expect(ownAddresses(renderedWorkload(service({ scale })))).toEqual([
      'helm_release.release',
      'kubernetes_deployment_v1.web',
      'kubernetes_horizontal_pod_autoscaler_v2.web',
      'kubernetes_network_policy_v1.web',
      'kubernetes_service_account_v1.web',
    ]);
  });

  test('a stateful workload has a claim that is not part of its set, which could never be changed', () => {
    expect(ownAddresses(renderedWorkload(stateful({ ports: { store: 5000 } })))).toEqual([
      'helm_release.release',
      'kubernetes_network_policy_v1.store',
      'kubernetes_persistent_volume_claim_v1.store-data',
      'kubernetes_service_account_v1.store',
      'kubernetes_stateful_set_v1.store',
    ]);
  });

  test('a scheduled workload has no disruption budget: what is evicted runs again', () => {
    expect(ownAddresses(renderedWorkload(scheduled()))).toEqual([
      'kubernetes_cron_job_v1.nightly',
      'kubernetes_network_policy_v1.nightly',
      'kubernetes_service_account_v1.nightly',
    ]);
  });

  test('a boundary is a namespace that denies, with limits', () => {
    expect(rendered('kubernetes', () => {}).addresses).toEqual(boundary);
  });

  test.each([true, false])('the namespace is protected: %s, as the environment says', (deletionProtection) => {
    const { lifecycle } = rendered('kubernetes', () => {}, { deletionProtection }).resource(
      'kubernetes_namespace_v1',
      'namespace',
    );
    expect(lifecycle?.prevent_destroy).toBe(deletionProtection);
  });
});

describe('a pod is fit for a restricted namespace', () => {
  test('in every kind, with its preparations', () => {
    const violations = podsOf(product).flatMap(({ component, template: { spec } }) =>
      [...restrictedViolations(spec), ...hardeningViolations(spec)].map((line) => `${component}: ${line}`),
    );
    expect(podsOf(product).map(({ controller }) => controller)).toEqual(['Deployment', 'StatefulSet', 'CronJob']);
    expect(violations).toEqual([]);
  });

  test('everything about the user is said on the pod and on each container', () => {
    const {
      container: main,
      init_container: preparations = [],
      security_context,
    } = podOf(product, 'web').template.spec;
    expect(security_context).toEqual({
      run_as_non_root: true,
      run_as_user: '1001',
      run_as_group: '1002',
      fs_group: '1002',
      fs_group_change_policy: 'OnRootMismatch',
      seccomp_profile: { type: 'RuntimeDefault' },
    });
    const contexts = [...main, ...preparations].map((each) => each.security_context);
    expect(contexts).toEqual(
      Array(3).fill({
        privileged: false,
        allow_privilege_escalation: false,
        read_only_root_filesystem: true,
        run_as_non_root: true,
        run_as_user: '1001',
        run_as_group: '1002',
        capabilities: { drop: ['ALL'] },
        seccomp_profile: { type: 'RuntimeDefault' },
      }),
    );
  });

  test('its account is its own and gives no token', () => {
    expect(product.resource('kubernetes_service_account_v1', 'web')).toMatchObject({
      metadata: { name: 'stock-analysis-web' },
      automount_service_account_token: false,
    });
    expect(podOf(product, 'web').template.spec.service_account_name).toBe('stock-analysis-web');
  });

  test('requests are limits: what a pod may use is what it was given a place for', () => {
    const { resources } = container(service({ cpuMillicores: 700, memoryMiB: 300, scratchMiB: { '/a': 30, '/b': 2 } }));
    expect(resources?.limits).toEqual({ cpu: '700m', memory: '300Mi', 'ephemeral-storage': '160Mi' });
    expect(resources?.requests).toEqual(resources?.limits);
  });

  test('every object carries the labels of its component', () => {
    const metadata = ownAddresses(product)
      .filter((address) => address.startsWith('kubernetes_') && !address.startsWith('kubernetes_secret'))
      .map((address) => {
        const [type = '', name = ''] = address.split('.');
        return product.resource<{ metadata: { labels: Record<string, string>; namespace: string } }>(type, name)
          .metadata;
      });
    for (const { labels, namespace } of metadata) {
      expect(Object.keys(labels)).toHaveLength(5);
      expect(namespace).toBe('stock-analysis');
    }
  });
});

describe('a deployment', () => {
  test('selects by labels that no upgrade changes', () => {
    const { selector, template } = deployment(service()).spec;
    expect(selector.match_labels).toEqual({
      'app.kubernetes.io/name': 'web',
      'app.kubernetes.io/instance': 'stock-analysis-web',
    });
    expect(template.metadata.labels).toMatchObject(selector.match_labels);
  });

  test('keeps the old serving until the new is ready, or never runs two', () => {
    expect(deployment(service()).spec.strategy).toEqual({
      type: 'RollingUpdate',
      rolling_update: { max_surge: '1', max_unavailable: '0' },
    });
    expect(deployment(service({ update: 'recreate' })).spec.strategy).toEqual({ type: 'Recreate' });
  });

  test('has the replicas it is given', () => {
    const fixed = deployment(service({ scale: { replicas: 3 } }));
    expect(fixed.spec.replicas).toBe('3');
    expect(fixed.lifecycle?.ignore_changes).not.toContain('spec[0].replicas');
  });

  test('leaves the number of replicas to its autoscaler', () => {
    const scale = { minReplicas: 2, maxReplicas: 4, cpuPercent: 60 };
    const scaled = deployment(service({ scale }));
    expect(Object.keys(scaled.spec)).not.toContain('replicas');
    expect(scaled.lifecycle?.ignore_changes).toContain('spec[0].replicas');
    expect(
      renderedWorkload(service({ scale })).resource('kubernetes_horizontal_pod_autoscaler_v2', 'web'),
    ).toMatchObject({
      spec: {
        min_replicas: 2,
        max_replicas: 4,
        scale_target_ref: { api_version: 'apps/v1', kind: 'Deployment', name: 'stock-analysis-web' },
        metric: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', average_utilization: 60 } } },
        ],
      },
    });
  });

  test('is spread over machines and zones, as far as there are any', () => {
    expect(pod(service()).topology_spread_constraint).toMatchObject([
      { topology_key: 'kubernetes.io/hostname', when_unsatisfiable: 'ScheduleAnyway' },
      { topology_key: 'topology.kubernetes.io/zone', when_unsatisfiable: 'ScheduleAnyway' },
    ]);
  });

  test('prepares itself with whole commands of the same image, in order, without probes or ports', () => {
    const { init_container: preparations = [], container: main } = podOf(product, 'web').template.spec;
    expect(preparations.map(({ name, command }) => [name, command])).toEqual([
      ['migrate', ['serve', 'migrate']],
      ['warm', ['serve', 'warm']],
    ]);
    for (const preparation of preparations) {
      expect(preparation).toMatchObject({
        image: main[0]?.image,
        env: main[0]?.env,
        volume_mount: main[0]?.volume_mount,
      });
      expect(Object.keys(preparation).filter((key) => /probe|port/.test(key))).toEqual([]);
    }
  });

  test('pulls its image as the environment says', () => {
    const policies = (['Always', 'IfNotPresent'] as const).map(
      (pullPolicy) =>
        containerOf(renderedWorkload(service(), { images: { ...dev.images, pullPolicy } }), 'web').image_pull_policy,
    );
    expect(policies).toEqual(['Always', 'IfNotPresent']);
  });

  test('pulls it with the secret the environment names', () => {
    const secrets = (images: object) =>
      podOf(renderedWorkload(service(), { images: { ...dev.images, ...images } }), 'web').template.spec
        .image_pull_secrets;
    expect(secrets({})).toBeUndefined();
    expect(secrets({ pullSecret: 'registry' })).toEqual([{ name: 'registry' }]);
  });
});

describe('a stateful set', () => {
  const set = (props = {}, values = {}) => renderedWorkload(stateful({ ports: { store: 5000 }, ...props }), values);

  test('runs once, on its claim, under a name of its own', () => {
    const { spec } = set().resource<Controller>('kubernetes_stateful_set_v1', 'store');
    expect([spec.replicas, spec.service_name]).toEqual(['1', 'stock-analysis-store']);
    expect(spec.template.spec.volume).toContainEqual({
      name: 'data',
      persistent_volume_claim: { claim_name: 'stock-analysis-store-data' },
    });
    expect(containerOf(set(), 'store').volume_mount).toContainEqual({ name: 'data', mount_path: '/data' });
  });

  test('begins after the claims of all its volumes, and says in its pod which is which', () => {
    const volumes = [
      { name: 'data-18', path: '/data', sizeGiB: 3 },
      { name: 'copies', path: '/copies', sizeGiB: 2 },
    ];
    const controller = set({ volumes }).resource<Controller>('kubernetes_stateful_set_v1', 'store');
    expect(controller.depends_on).toEqual(
      expect.arrayContaining([
        'kubernetes_persistent_volume_claim_v1.store-data-18',
        'kubernetes_persistent_volume_claim_v1.store-copies',
      ]),
    );
    expect(controller.spec.template.spec.volume).toEqual([
      { name: 'data', persistent_volume_claim: { claim_name: 'stock-analysis-store-data-18' } },
      { name: 'copies', persistent_volume_claim: { claim_name: 'stock-analysis-store-copies' } },
    ]);
  });

  test('replaces a pod that never started by one that can', () => {
    const { spec } = set().resource<Controller>('kubernetes_stateful_set_v1', 'store');
    expect(spec.pod_management_policy).toBe('Parallel');
  });

  test('begins after its claim', () => {
    expect(set().resource('kubernetes_stateful_set_v1', 'store').depends_on).toContain(
      'kubernetes_persistent_volume_claim_v1.store-data',
    );
  });

  test('has a claim of the size it asks for, which nobody waits for before there is a pod', () => {
    const claim = set({ volumes: [{ path: '/x', sizeGiB: 7 }] }).resource<Claim & { wait_until_bound: boolean }>(
      'kubernetes_persistent_volume_claim_v1',
      'store-data',
    );
    expect(claim.metadata.name).toBe('stock-analysis-store-data');
    expect(claim.spec.resources.requests.storage).toBe('7Gi');
    expect(claim.wait_until_bound).toBe(false);
  });

  test.each([true, false])('protects its claim: %s, as the environment says', (deletionProtection) => {
    const claim = set({}, { deletionProtection }).resource('kubernetes_persistent_volume_claim_v1', 'store-data');
    expect(claim.lifecycle?.prevent_destroy).toBe(deletionProtection);
  });

  test('has a Service with the ports that somebody may reach, and none where nobody may', () => {
    const servicePorts = (letIn: (web: Workload) => void) =>
      rendered('kubernetes', (stack) => {
        letIn(new Workload(stack, 'web', service({ ports: { http: 80, admin: 81 } })));
      }).resources<{ spec: { port: Array<{ name: string }> } }>('kubernetes_service_v1').web?.spec.port;
    expect(servicePorts((web) => Environment.of(web).connections.expose(web, 'http'))).toMatchObject([
      { name: 'http' },
    ]);
    expect(servicePorts(() => undefined)).toBeUndefined();
  });

  test('is reached by its pod’s name, a service through a balanced address', () => {
    const clusterIp = (stack: SynthesizedStack, name: string) =>
      stack.resource<{ spec: { cluster_ip?: string } }>('kubernetes_service_v1', name).spec.cluster_ip;
    expect(clusterIp(product, 'store')).toBe('None');
    expect(clusterIp(product, 'web')).toBeUndefined();
  });

  test('a service whose replicas are named is reached by the address of each as well, in the same ports', () => {
    const named = rendered('kubernetes', (stack) => {
      const web = new Workload(stack, 'web', service({ ports: { http: 8080 }, namesReplicas: true }));
      Environment.of(web).connections.expose(web, 'http');
    });
    const services = named.resources<ServiceBody>('kubernetes_service_v1');
    expect(Object.values(services).map(({ metadata, spec }) => [metadata.name, spec.cluster_ip])).toEqual([
      ['stock-analysis-web', undefined],
      ['stock-analysis-web-replicas', 'None'],
    ]);
    expect(services['web-replicas']?.spec.port).toEqual(services.web?.spec.port);
    expect(services['web-replicas']?.spec.selector).toEqual(services.web?.spec.selector);
  });
});

test('where something scales by itself, a plan says whether the cluster measures what it scales by', () => {
  const check = (scale: ServiceProps['scale']) =>
    (renderedWorkload(service({ scale })).json as { check?: Record<string, { data: object }> }).check;
  expect(check({ minReplicas: 1, maxReplicas: 2, cpuPercent: 50 })?.['metrics-server']?.data).toEqual({
    kubernetes_resource: {
      'metrics-server': {
        api_version: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1beta1.metrics.k8s.io' },
      },
    },
  });
  expect(check({ replicas: 2 })).toBeUndefined();
});

interface ServiceBody {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly cluster_ip?: string; readonly port: unknown; readonly selector: unknown };
}

describe('an apply waits for what starts, and not for ever for what never will', () => {
  const startup = { ...probes.startup, periodSeconds: 2, failureThreshold: 30 };
  const bounds = (type: string, props: WorkloadProps) => {
    const { timeouts } = renderedWorkload(props).resource<{ timeouts: { create: string; update: string } }>(
      type,
      props.component,
    );
    return [timeouts.create, timeouts.update];
  };

  test('a first replica has what its startup probe allows and two minutes, each further one a minute', () => {
    const props = service({ scale: { replicas: 3 }, probes: { ...probes, startup } });
    expect(bounds('kubernetes_deployment_v1', props)).toEqual(['300s', '300s']);
  });

  test('and a deployment remembers no failure that the next apply would take for its own', () => {
    expect(deployment(service()).spec.progress_deadline_seconds).toBe(2 ** 31 - 1);
  });

  test('a stateful set also has the time in which the pod before it stops', () => {
    const props = stateful({ terminationGracePeriodSeconds: 60, probes: { ...probes, startup } });
    expect(bounds('kubernetes_stateful_set_v1', props)).toEqual(['240s', '240s']);
  });
});

describe('a cron job', () => {
  test('runs one at a time, at its time in its zone, and no longer than it may', () => {
    const { spec } = renderedWorkload(scheduled()).resource<CronJob>('kubernetes_cron_job_v1', 'nightly');
    expect(spec).toMatchObject({ schedule: '30 3 * * *', timezone: 'Asia/Shanghai', concurrency_policy: 'Forbid' });
    expect(spec.job_template.spec).toMatchObject({ active_deadline_seconds: 600, backoff_limit: 2 });
    expect(spec.job_template.spec.template.spec.restart_policy).toBe('Never');
  });

  test('has no probes: it is over when it is over', () => {
    expect(Object.keys(container(scheduled())).filter((key) => key.includes('probe'))).toEqual([]);
  });
});

describe('probes', () => {
  test('run the check in the container, each with its own times', () => {
    const { startup_probe, readiness_probe, liveness_probe } = container(service());
    expect([startup_probe, readiness_probe, liveness_probe]).toEqual([
      { exec: { command: ['ask', 'started'] }, period_seconds: 1, timeout_seconds: 2, failure_threshold: 30 },
      { exec: { command: ['ask', 'ready'] }, period_seconds: 5, timeout_seconds: 2, failure_threshold: 3 },
      { exec: { command: ['ask', 'alive'] }, period_seconds: 15, timeout_seconds: 2, failure_threshold: 4 },
    ]);
  });

  test('ask over HTTP where the check can, by the name of the port', () => {
    const check = { command: ['ask'], http: { port: 'http', path: '/ready' } };
    const asking = { ...probes, readiness: { ...probes.readiness, check } };
    const { readiness_probe } = container(service({ ports: { http: 80 }, probes: asking }));
    expect(readiness_probe).toMatchObject({ http_get: { port: 'http', path: '/ready' } });
    expect(readiness_probe?.exec).toBeUndefined();
  });

  test('a replica that is drained goes on serving before it is told to stop, in time of its own', () => {
    const drained = service({ drainSeconds: 7, terminationGracePeriodSeconds: 20, preparations, command: ['serve'] });
    expect(container(drained).lifecycle).toEqual({ pre_stop: [{ exec: { command: ['sleep', '7'] } }] });
    expect(pod(drained).termination_grace_period_seconds).toBe(27);
    expect(pod(drained).init_container?.[0]).not.toHaveProperty('lifecycle');
    expect(container(service())).not.toHaveProperty('lifecycle');
  });

  test('a pod has its time to stop', () => {
    expect(pod(service()).termination_grace_period_seconds).toBe(30);
    expect(pod(stateful({ terminationGracePeriodSeconds: 90 })).termination_grace_period_seconds).toBe(90);
  });
});

describe('files', () => {
  const files = (content = 'mode = safe\n', revision = 1, keys: Record<string, string> = { token: '{password}' }) =>
    rendered('kubernetes', (stack) => {
      const secret = new Secret(stack, 'secret', { component: 'vault', keys, revision });
      new Workload(stack, 'workload', service({ files: { 'web.conf': { content }, token: secret.file('token') } }));
    });
  const fingerprint = (stack: SynthesizedStack) =>
    podOf(stack, 'web').template.metadata.annotations?.['stockanalysis.com/files'];

  test('stand in one folder, whether anyone may see them or not, for the pod’s group only', () => {
    const { volume, container: main } = podOf(files(), 'web').template.spec;
    expect(volume).toEqual([
      {
        name: 'files',
        projected: [
          {
            default_mode: '0440',
            sources: [
              { config_map: [{ name: 'stock-analysis-web' }] },
              { secret: [{ name: 'stock-analysis-vault', items: [{ key: 'token', path: 'token' }] }] },
            ],
          },
        ],
      },
    ]);
    expect(main[0]?.volume_mount).toEqual([{ name: 'files', mount_path: '/etc/stock-analysis', read_only: true }]);
  });

  test('that anyone may see are a ConfigMap, and only they', () => {
    expect(files().resource<{ data: object }>('kubernetes_config_map_v1', 'web').data).toEqual({
      'web.conf': 'mode = safe\n',
    });
  });

  test('that change restart what reads them', () => {
    const before = fingerprint(files());
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint(files())).toBe(before);
    expect(fingerprint(files('mode = fast\n'))).not.toBe(before);
    expect(fingerprint(files('mode = safe\n', 2))).not.toBe(before);
  });

  test('leave no trace of a secret in the fingerprint', () => {
    expect(fingerprint(files(undefined, 1, { token: 'another form of {password}' }))).toBe(fingerprint(files()));
  });

  test('scratch folders have a size, shared memory is in memory', () => {
    const { volume } = pod(stateful({ scratchMiB: { '/var/run/store': 8, '/dev/shm': 64 } }));
    expect(volume.slice(0, 2)).toEqual([
      { name: 'scratch-var-run-store', empty_dir: { size_limit: '8Mi' } },
      { name: 'scratch-dev-shm', empty_dir: { size_limit: '64Mi', medium: 'Memory' } },
    ]);
  });
});

describe('network policies', () => {
  const policy = (component: string) => product.resource<NetworkPolicy>('kubernetes_network_policy_v1', component).spec;
  const peer = (component: string) => ({
    pod_selector: {
      match_labels: {
        'app.kubernetes.io/name': component,
        'app.kubernetes.io/instance': `stock-analysis-${component}`,
      },
    },
  });
  const port = (number: number) => ({ port: `${number}`, protocol: 'TCP' });
  const nameLookUp = {
    to: [
      {
        namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        pod_selector: { match_labels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { port: '53', protocol: 'UDP' },
      { port: '53', protocol: 'TCP' },
    ],
  };

  test('deny what is not named, in both directions', () => {
    expect(product.resource<NetworkPolicy>('kubernetes_network_policy_v1', 'default-deny').spec).toEqual({
      pod_selector: {},
      policy_types: ['Ingress', 'Egress'],
    });
    for (const component of ['web', 'store', 'nightly']) {
      expect(policy(component).policy_types).toEqual(['Ingress', 'Egress']);
      expect(policy(component).pod_selector).toEqual(peer(component).pod_selector);
    }
  });

  test('a server lets its clients in, at its port', () => {
    expect(policy('store').ingress).toEqual([
      { from: [peer('nightly')], ports: [port(5000)] },
      { from: [peer('web')], ports: [port(5000)] },
    ]);
  });

  test('a client may go out to its server, and ask for its name', () => {
    expect(policy('nightly').egress).toEqual([{ to: [peer('store')], ports: [port(5000)] }, nameLookUp]);
  });

  test('what connects to nothing may not even look up a name', () => {
    expect(policy('store').egress).toEqual([]);
    expect(policy('nightly').ingress).toEqual([]);
  });

  test('what is exposed is open to all, at that port and no other', () => {
    expect(policy('web').ingress).toEqual([{ ports: [port(8000)] }]);
  });
});

describe('disruption budgets', () => {
  test('of everything that serves: one pod at a time, and never held up by one that was not ready', () => {
    const budget = (component: string) => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: `stock-analysis-${component}`, namespace: 'stock-analysis' },
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: { 'app.kubernetes.io/name': component } },
      },
    });
    expect(chartObjects(product)).toMatchObject([budget('store'), budget('web')]);
  });

  test('come with a release that leaves nothing half installed, of a chart whose hash is in its path', () => {
    expect(product.resource('helm_release', 'release')).toMatchObject({
      name: 'stock-analysis-application',
      namespace: 'stock-analysis',
      atomic: true,
      cleanup_on_fail: true,
      chart: expect.stringMatching(/^assets\/objects\/[0-9A-F]{32}$/),
    });
  });

  test('a stack without any has no release, and no Helm', () => {
    const { json } = renderedWorkload(scheduled());
    expect(Object.keys(json.provider ?? {})).toEqual(['kubernetes']);
  });
});

test('a client starts after its server', () => {
  expect(product.resource('kubernetes_deployment_v1', 'web').depends_on).toContain('kubernetes_stateful_set_v1.store');
  expect(product.resource('kubernetes_cron_job_v1', 'nightly').depends_on).toContain(
    'kubernetes_stateful_set_v1.store',
  );
});

test('a schedule gets an image after the services that run the same one, and only after those', () => {
  const [web, nightly] = [podOf(product, 'web'), podOf(product, 'nightly')];
  expect(nightly.template.spec.container[0]?.image).toBe(web.template.spec.container[0]?.image);
  const { depends_on = [] } = product.resource('kubernetes_cron_job_v1', 'nightly');
  expect(depends_on.filter((address) => address.includes('deployment'))).toEqual(['kubernetes_deployment_v1.web']);
});

test('what `kubectl rollout restart` writes into a pod template is taken back by no plan', () => {
  const restarted = 'spec[0].template[0].metadata[0].annotations["kubectl.kubernetes.io/restartedAt"]';
  for (const [type, workload] of [
    ['kubernetes_deployment_v1', service({ component: 'it' })],
    ['kubernetes_stateful_set_v1', stateful({ component: 'it' })],
    ['kubernetes_daemon_set_v1', agent({ component: 'it' })],
  ] as const)
    expect(renderedWorkload(workload).resource(type, 'it').lifecycle?.ignore_changes).toContain(restarted);
});
