import { environmentByName, environmentNames } from '../../config/environments';
import { boundaryOf, Workload } from '../../constructs/workload/workload';
import { type Container, type PodSpec, podOf, podsOf } from '../kubernetes-objects';
import { hardeningViolations, restrictedViolations } from '../pod-security';
import { environmentSystem, stacksOf } from '../synthesized';

const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');

test.each(clusters)('every pod of %s passes Pod Security restricted, and what the platform asks beyond it', (name) => {
  const workloads = environmentSystem(name)
    .environment.all(Workload)
    .filter(({ props }) => boundaryOf(props.kind) === 'workloads')
    .map(({ component }) => component);
  const pods = stacksOf(name)
    .flatMap(podsOf)
    .filter(({ component }) => workloads.includes(component));
  expect(pods.map(({ component }) => component).sort()).toEqual(workloads.sort());
  const violations = pods.flatMap(({ component, template: { spec } }) =>
    [...restrictedViolations(spec), ...hardeningViolations(spec)].map((line) => `${component}: ${line}`),
  );
  const asking = environmentSystem(name)
    .environment.all(Workload)
    .filter(({ props }) => props.clusterAccess && boundaryOf(props.kind) === 'workloads')
    .map(({ component }) => `${component}: token of the cluster is mounted`);
  expect(violations.sort()).toEqual(asking.sort());
});

test.each(clusters)('the namespace of %s refuses every other pod', (name) => {
  const { metadata } = environmentSystem(name)
    .stack('platform')
    .resource<{ metadata: { labels: Record<string, string> } }>('kubernetes_namespace_v1', 'namespace');
  expect(metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/enforce-version': expect.stringMatching(/^v1\.\d+$/),
    'pod-security.kubernetes.io/audit': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  });
});

describe('a pod of ours that is changed is caught', () => {
  const context = (container: Container) => {
    container.security_context ??= {};
    return container.security_context;
  };
  const podContext = (pod: PodSpec) => {
    pod.security_context ??= {};
    return pod.security_context;
  };
  const mutations: Array<
    [what: string, mutate: (pod: PodSpec, main: Container, first: Container) => void, line: string]
  > = [
    ['shares the network of its machine', (pod) => (pod.host_network = true), 'host network'],
    ['sees the processes of its machine', (pod) => (pod.host_pid = true), 'host process ids'],
    ['shares memory with its machine', (pod) => (pod.host_ipc = true), 'host IPC'],
    [
      'mounts a path of its machine',
      (pod) => pod.volume.push({ name: 'etc', host_path: { path: '/etc' } }),
      'volume etc: type host_path',
    ],
    [
      'mounts what only the network knows',
      (pod) => pod.volume.push({ name: 'share', nfs: {} }),
      'volume share: type nfs',
    ],
    [
      'sets a parameter of the kernel',
      (pod) => (podContext(pod).sysctl = [{ name: 'kernel.msgmax', value: '1' }]),
      'sysctl kernel.msgmax',
    ],
    ['is root', (pod) => (podContext(pod).run_as_user = '0'), 'pod: user 0'],
    ['may be root', (pod) => delete pod.security_context?.run_as_non_root, 'pod: may run as root'],
    ['has no seccomp profile', (pod) => delete pod.security_context?.seccomp_profile, 'pod: no seccomp profile'],
    [
      'has an SELinux type of its own',
      (pod) => (podContext(pod).se_linux_options = { type: 'spc_t' }),
      'pod: SELinux options',
    ],
    ['has no security context', (pod) => delete pod.security_context, 'pod: may run as root'],
    ['is privileged', (_, main) => (context(main).privileged = true), 'api: privileged'],
    [
      'may gain privileges',
      (_, main) => (context(main).allow_privilege_escalation = true),
      'api: privilege escalation',
    ],
    [
      'leaves privileges unsaid',
      (_, main) => delete context(main).allow_privilege_escalation,
      'api: privilege escalation',
    ],
    [
      'leaves the user of a container unsaid',
      (_, main) => delete context(main).run_as_non_root,
      'api: may run as root',
    ],
    ['is root in a container', (_, main) => (context(main).run_as_user = '0'), 'api: user 0'],
    [
      'keeps capabilities',
      (_, main) => (context(main).capabilities = { drop: ['NET_RAW'] }),
      'api: keeps capabilities',
    ],
    [
      'adds a capability',
      (_, main) => (context(main).capabilities = { drop: ['ALL'], add: ['SYS_ADMIN'] }),
      'api: adds SYS_ADMIN',
    ],
    [
      'is not confined',
      (_, main) => (context(main).seccomp_profile = { type: 'Unconfined' }),
      'api: no seccomp profile',
    ],
    ['has a container without a security context', (_, main) => delete main.security_context, 'api: may run as root'],
    [
      'labels a container itself',
      (_, main) => (context(main).se_linux_options = { user: 'system_u' }),
      'api: SELinux options',
    ],
    [
      'takes a port of its machine',
      (_, main) => main.port?.push({ container_port: 1, host_port: 1 }),
      'api: host port',
    ],
    [
      'has another host asked for its health',
      (_, main) => Object.assign(main.liveness_probe?.http_get ?? {}, { host: '169.254.169.254' }),
      'api: probe of another host',
    ],
    ['prepares itself with privileges', (_, __, first) => (context(first).privileged = true), 'migrate: privileged'],
    ['prepares itself as root', (_, __, first) => delete context(first).run_as_non_root, 'migrate: may run as root'],
    [
      'may write its root',
      (_, main) => delete context(main).read_only_root_filesystem,
      'api: root file system can be written',
    ],
    ['mounts a token', (pod) => delete pod.automount_service_account_token, 'token of the cluster is mounted'],
    ['uses the account of all', (pod) => (pod.service_account_name = 'default'), 'account shared with others'],
    [
      'is told of all services',
      (pod) => delete pod.enable_service_links,
      'addresses of all services in the environment',
    ],
    ['may fill the disk', (pod) => pod.volume.push({ name: 'all', empty_dir: {} }), 'volume all: no size limit'],
    ['may take all memory', (_, main) => delete main.resources?.limits?.memory, 'api: no limit of memory'],
    ['asks for nothing', (_, main) => delete main.resources?.requests, 'api: no request of cpu'],
    [
      'runs an image of the day',
      (_, main) => (main.image = 'stock-analysis/app:latest'),
      'api: image stock-analysis/app:latest',
    ],
    [
      'runs an image without a version',
      (_, main) => (main.image = 'registry:5000/app'),
      'api: image registry:5000/app',
    ],
  ];

  test.each(mutations)('one that %s', (_, mutate, line) => {
    const pod = structuredClone(podOf(environmentSystem('dev').stack('application'), 'api').template.spec);
    mutate(pod, pod.container[0] as Container, pod.init_container?.[0] as Container);
    expect([...restrictedViolations(pod), ...hardeningViolations(pod)]).toContain(line);
  });
});
