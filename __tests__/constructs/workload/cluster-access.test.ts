import type { ClusterAccess } from '../../../constructs/workload/cluster-access';
import { Workload } from '../../../constructs/workload/workload';
import { type NetworkPolicy, podOf } from '../../kubernetes-objects';
import { emptyStack, rendered, service } from '../../product';

const access = (props: Partial<ClusterAccess> = {}): ClusterAccess => ({
  scope: 'cluster',
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
  reason: 'it finds what to scrape',
  ...props,
});
const withAccess = (clusterAccess: ClusterAccess | undefined) =>
  rendered('kubernetes', (stack) => {
    new Workload(stack, 'web', service({ clusterAccess }));
  });
const ofAccess = (addresses: readonly string[]) => addresses.filter((address) => /role/.test(address));

test('a workload that does not say so has no token and no role', () => {
  const stack = withAccess(undefined);
  expect(ofAccess(stack.addresses)).toEqual([]);
  expect(podOf(stack, 'web').template.spec.automount_service_account_token).toBe(false);
});

test('one that does has a token, a role and its binding, and may reach the API', () => {
  const stack = withAccess(access({ scope: 'namespace' }));
  expect(ofAccess(stack.addresses)).toEqual(['kubernetes_role_binding_v1.web', 'kubernetes_role_v1.web']);
  expect(podOf(stack, 'web').template.spec.automount_service_account_token).toBe(true);
  const { egress = [] } = stack.resource<NetworkPolicy>('kubernetes_network_policy_v1', 'web').spec;
  expect(egress[0]?.ports?.map(({ port }) => port)).toEqual(['443', '6443']);
});

test('what is outside every namespace carries the name of the environment, so that two share a cluster', () => {
  const stack = withAccess(access());
  const { metadata } = stack.resource<{ metadata: { name: string } }>('kubernetes_cluster_role_v1', 'web');
  expect(metadata.name).toBe('stock-analysis-dev-web');
  expect(stack.resource('kubernetes_cluster_role_binding_v1', 'web')).toMatchObject({
    role_ref: { kind: 'ClusterRole', name: 'stock-analysis-dev-web' },
    subject: [{ kind: 'ServiceAccount', name: 'stock-analysis-web', namespace: 'stock-analysis' }],
  });
});

test('what it turns out to need is granted beside that, once, in the role of its scope', () => {
  const nodes = access({ rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }] });
  const stack = rendered('kubernetes', (stack) => {
    const workload = new Workload(stack, 'web', service({ clusterAccess: access({ scope: 'namespace' }) }));
    workload.letAskCluster(nodes);
    workload.letAskCluster(nodes);
    workload.letAskCluster(access());
  });
  const rulesOf = (type: string) =>
    stack.resource<{ rule: Array<{ resources: string[] }> }>(type, 'web').rule.map(({ resources }) => resources);
  expect(rulesOf('kubernetes_role_v1')).toEqual([['pods']]);
  expect(rulesOf('kubernetes_cluster_role_v1')).toEqual([['nodes/metrics'], ['pods']]);
});

test('a Docker engine has no such API, and nothing is made for it', () => {
  const stack = rendered('docker', (stack) => {
    new Workload(stack, 'web', service({ clusterAccess: access() }));
  });
  expect(stack.addresses).toEqual(['docker_container.web', 'docker_image.web']);
});

test.each([
  ['every resource', { rules: [{ apiGroups: [''], resources: ['*'], verbs: ['get'] }] }, 'to "*"'],
  ['secrets', { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] }, 'to secrets'],
  ['nothing', { rules: [] }, 'without rules'],
  ['a blank reason', { reason: '' }, 'without a reason'],
] as Array<[string, Partial<ClusterAccess>, string]>)('access to %s is refused', (_what, props, message) => {
  const refusal = `workload "web": clusterAccess ${message}, allowed: `;
  expect(() => new Workload(emptyStack('kubernetes'), 'web', service({ clusterAccess: access(props) }))).toThrow(
    refusal,
  );
  const workload = new Workload(emptyStack('kubernetes'), 'web', service());
  expect(() => workload.letAskCluster(access(props))).toThrow(refusal);
});
