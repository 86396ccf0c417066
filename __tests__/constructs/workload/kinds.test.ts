import type { HostAccess, WorkloadProps } from '../../../constructs/workload/workload';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { type Controller, containerOf, type Metadata, podOf } from '../../kubernetes-objects';
import { hardeningViolations, restrictedViolations } from '../../pod-security';
import { agent, emptyStack, once, type ProductStack, rendered, service } from '../../product';

const alone = (props: WorkloadProps) => (stack: ProductStack) => {
  new Workload(stack, 'workload', props);
};
const onKubernetes = (props: WorkloadProps) => rendered('kubernetes', alone(props));
const onDocker = (props: WorkloadProps) => dockerContainer(rendered('docker', alone(props)), props.component);
const refusal = (props: WorkloadProps) => () => alone(props)(emptyStack('kubernetes'));

describe('an agent', () => {
  const ported = { ports: { metrics: 9100 } };

  test('is one pod on each node, in a namespace of its own that denies what is not named', () => {
    const stack = onKubernetes(agent(ported));
    expect(stack.addresses).toEqual([
      'kubernetes_daemon_set_v1.watcher',
      'kubernetes_limit_range_v1.agents-limits',
      'kubernetes_limit_range_v1.limits',
      'kubernetes_namespace_v1.agents-namespace',
      'kubernetes_namespace_v1.namespace',
      'kubernetes_network_policy_v1.agents-default-deny',
      'kubernetes_network_policy_v1.default-deny',
      'kubernetes_network_policy_v1.watcher',
      'kubernetes_priority_class_v1.serving',
      'kubernetes_priority_class_v1.supporting',
      'kubernetes_resource_quota_v1.quota',
      'kubernetes_service_account_v1.watcher',
      'terraform_data.kept',
    ]);
    for (const type of ['kubernetes_daemon_set_v1', 'kubernetes_network_policy_v1']) {
      expect(stack.resource<{ metadata: Metadata }>(type, 'watcher').metadata.namespace).toBe('stock-analysis-agents');
    }
  });

  test('has a namespace only where there is one', () => {
    expect(Object.keys(onKubernetes(service()).resources('kubernetes_namespace_v1'))).toEqual(['namespace']);
  });

  test('sees the folders it names, read-only unless it says otherwise', () => {
    const host: HostAccess = {
      paths: [
        { path: '/proc', mountPath: '/host/proc', reason: 'to see' },
        { path: '/var/lib/watcher', mountPath: '/state', isWritable: true, reason: 'to remember' },
      ],
    };
    const { volume_mount: mounts } = containerOf(onKubernetes(agent({ host })), 'watcher');
    expect(mounts.map(({ mount_path, read_only }) => [mount_path, read_only])).toEqual([
      ['/host/proc', true],
      ['/state', false],
    ]);
    expect(onDocker(agent({ host })).mounts).toEqual([
      { type: 'bind', source: '/proc', target: '/host/proc', read_only: true },
      { type: 'bind', source: '/var/lib/watcher', target: '/state', read_only: false },
    ]);
  });

  test('has what else it takes of its node only where it says why', () => {
    const modest = podOf(onKubernetes(agent()), 'watcher').template.spec;
    expect(restrictedViolations(modest)).toEqual(['volume host-host-proc: type host_path']);
    expect(onDocker(agent()).network_mode).toBe('none');

    const host = { paths: [], root: 'files of root', network: 'counters of the node' };
    const user = { uid: 0, gid: 0 };
    const demanding = podOf(onKubernetes(agent({ host, user })), 'watcher').template.spec;
    expect(demanding).toMatchObject({ host_network: true, dns_policy: 'ClusterFirstWithHostNet' });
    expect(demanding.container[0]?.security_context).toMatchObject({
      run_as_user: '0',
      privileged: false,
      allow_privilege_escalation: false,
      read_only_root_filesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(onDocker(agent({ host, user }))).toMatchObject({ network_mode: 'host', user: '0:0' });
  });

  test.each([
    ['root without a reason', agent({ user: { uid: 0, gid: 0 } }), 'user 0:0 is root'],
    ['a blank reason', agent({ host: { paths: [], root: ' ' } }), 'host.root needs a reason'],
    [
      'a relative path',
      agent({ host: { paths: [{ path: 'proc', mountPath: '/host', reason: 'to see' }] } }),
      'host path "proc" at "/host", allowed: absolute paths',
    ],
    ['a service that is root', service({ user: { uid: 0, gid: 0 } }), 'user 0:0 is root'],
  ])('is refused with %s', (_what, props, message) => {
    expect(refusal(props)).toThrow(message);
  });

  test('is reached from the other namespace by those it let in, and by nobody else', () => {
    const stack = rendered('kubernetes', (stack) => {
      const watcher = new Workload(stack, 'agent', agent(ported));
      const collector = new Workload(stack, 'collector', service({ component: 'collector' }));
      new Workload(stack, 'stranger', service({ component: 'stranger' }));
      stack.environment.connections.allow(collector, watcher, 'metrics');
    });
    expect(flowsThroughPolicies([stack])).toEqual(['collector -> watcher:9100']);
  });
});

describe('a task that runs once', () => {
  const nameOf = (props: WorkloadProps) =>
    onKubernetes(props).resource<{ metadata: Metadata }>('kubernetes_job_v1', 'setup').metadata.name;

  test('is a Job that Terraform waits for and nothing removes', () => {
    const stack = onKubernetes(once());
    const job = stack.resource<Controller & { wait_for_completion: boolean; spec: Record<string, unknown> }>(
      'kubernetes_job_v1',
      'setup',
    );
    expect(job.wait_for_completion).toBe(true);
    expect(job.spec).not.toHaveProperty('ttl_seconds_after_finished');
    expect(job.spec).toMatchObject({ active_deadline_seconds: 300, backoff_limit: 10 });
    expect(restrictedViolations(podOf(stack, 'setup').template.spec)).toEqual([]);
    expect(hardeningViolations(podOf(stack, 'setup').template.spec)).toEqual([]);
  });

  test('is another Job, and so runs again, when what it is made of changes, and only then', () => {
    const image = { reference: 'example/web:9', version: '9' };
    const versions = [
      once(),
      once({ command: ['make', 'more'] }),
      once({ image }),
      once({ environment: { MODE: 'fast' } }),
      once({ files: { a: { content: 'text' } } }),
    ].map(nameOf);
    expect(new Set(versions).size).toBe(versions.length);
    expect(nameOf(once())).toBe(versions[0]);
    expect(versions[0]).toMatch(/^stock-analysis-setup-[0-9a-f]{8}$/);
  });

  test('is a container on Docker whose end is waited for, and a bad end fails the apply', () => {
    const container = onDocker(once());
    expect(container).toMatchObject({ attach: true, must_run: false, restart: 'no' });
    expect(container.command).toEqual(['make', 'templates']);
    expect(JSON.stringify(container)).toContain('self.exit_code == 0');
  });
});

describe('a port', () => {
  const ports = { web: 8000, names: { number: 53, protocol: 'UDP' as const } };

  test('may speak UDP, in the container, the Service and the policy', () => {
    const stack = rendered('kubernetes', (stack) => {
      const server = new Workload(stack, 'server', service({ component: 'server', ports }));
      const client = new Workload(stack, 'client', service({ component: 'client' }));
      stack.environment.connections.allow(client, server, 'names');
    });
    const protocols = ({ protocol }: { protocol?: string }) => protocol;
    expect(containerOf(stack, 'server').port?.map(protocols)).toEqual([undefined, 'UDP']);
    const { spec } = stack.resource<{ spec: { port: Array<{ protocol?: string }> } }>(
      'kubernetes_service_v1',
      'server',
    );
    expect(spec.port.map(protocols)).toEqual(['UDP']);
    const policy = stack.resource<{ spec: { ingress: unknown } }>('kubernetes_network_policy_v1', 'server').spec;
    expect(policy.ingress).toMatchObject([{ ports: [{ port: '53', protocol: 'UDP' }] }]);
  });

  test('that objects inherit is not one of the workload', () => {
    const workload = new Workload(emptyStack('docker'), 'server', service({ ports }));
    expect(() => workload.port('constructor')).toThrow('has no port "constructor", its ports: web, names');
  });
});
