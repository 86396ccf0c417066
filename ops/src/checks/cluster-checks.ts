import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { claims, setKubeconfig } from '../place/kubernetes-place';
import type { Resource } from '../place/synthesized';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import { policiesAreEnforced } from './policy-probe';
import type { Subject } from './subject';
import { isAtLeast, versionIn } from './version';

const scope = ['kubernetes'] as const;
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** What Terraform makes, by its own names, as the API server calls it. */
const kindsOfApi: Readonly<Record<string, { group: string; resource: string }>> = {
  kubernetes_namespace_v1: { group: '', resource: 'namespaces' },
  kubernetes_config_map_v1: { group: '', resource: 'configmaps' },
  kubernetes_secret_v1: { group: '', resource: 'secrets' },
  kubernetes_service_v1: { group: '', resource: 'services' },
  kubernetes_service_account_v1: { group: '', resource: 'serviceaccounts' },
  kubernetes_limit_range_v1: { group: '', resource: 'limitranges' },
  kubernetes_resource_quota_v1: { group: '', resource: 'resourcequotas' },
  [claims]: { group: '', resource: 'persistentvolumeclaims' },
  kubernetes_deployment_v1: { group: 'apps', resource: 'deployments' },
  kubernetes_stateful_set_v1: { group: 'apps', resource: 'statefulsets' },
  kubernetes_daemon_set_v1: { group: 'apps', resource: 'daemonsets' },
  kubernetes_cron_job_v1: { group: 'batch', resource: 'cronjobs' },
  kubernetes_job_v1: { group: 'batch', resource: 'jobs' },
  kubernetes_network_policy_v1: { group: 'networking.k8s.io', resource: 'networkpolicies' },
  kubernetes_ingress_v1: { group: 'networking.k8s.io', resource: 'ingresses' },
  kubernetes_horizontal_pod_autoscaler_v2: { group: 'autoscaling', resource: 'horizontalpodautoscalers' },
  kubernetes_pod_disruption_budget_v1: { group: 'policy', resource: 'poddisruptionbudgets' },
  kubernetes_role_v1: { group: 'rbac.authorization.k8s.io', resource: 'roles' },
  kubernetes_role_binding_v1: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings' },
  kubernetes_cluster_role_v1: { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  kubernetes_cluster_role_binding_v1: { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
};

export const clusterChecks: readonly Check[] = [
  {
    id: 'K8S-001',
    scope,
    title: 'the kubeconfig has the context of the environment',
    needs: ['ENV-001', 'TOOL-003'],
    severity: 'fail',
    expected: 'the context that its file names (kubernetesContext), in the kubeconfig of KUBE_CONFIG_PATH',
    command: 'kubectl config get-contexts',
    about:
      'Terraform and these commands reach the cluster of KUBE_CONFIG_PATH, by the context that the environment names, and no other: where it is not set, nothing is asked and nothing is changed. ' +
      'Where the environment names no context, whichever was used ' +
      'last is taken: in a kubeconfig with several that may be another cluster, and it is a warning.',
    run: contextFits,
  },
  {
    id: 'K8S-002',
    scope,
    title: 'the API server answers',
    needs: ['K8S-001'],
    severity: 'fail',
    expected: 'ready',
    command: 'kubectl get --raw /readyz',
    about: 'The address, the network between, or the credentials: the message says which.',
    timeoutSeconds: 30,
    run: ({ cluster, signal }) =>
      cluster.requireAnswering(signal).then(
        () => ok(cluster.name),
        (error: Error) => fail(error.message, { object: cluster.name }),
      ),
  },
  {
    id: 'K8S-003',
    scope,
    title: 'what claims storage has a class of it',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'one default StorageClass, or those that the claims name',
    command: 'kubectl get storageclass',
    about:
      'Without one, claims stay pending, and so does what waits for them. Mark one: ' +
      '`kubectl annotate storageclass NAME storageclass.kubernetes.io/is-default-class=true`, or name one in the environment.',
    run: storageIsThere,
  },
  {
    id: 'K8S-004',
    scope,
    title: 'this user may make what is deployed',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'yes to each kind, in each namespace',
    command: 'kubectl auth can-i --list -n {namespace}',
    about: 'Asked of the API server, which makes nothing. What is refused would end a deployment in its middle.',
    timeoutSeconds: 30,
    run: mayCreate,
  },
  {
    id: 'K8S-005',
    scope,
    title: 'metrics are there where something scales by itself',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'an answer of the metrics API',
    command: 'kubectl get apiservice v1beta1.metrics.k8s.io',
    about: 'Without metrics-server an autoscaler stays where it is, whatever the load.',
    retrySeconds: 5,
    run: async (subject) => {
      const scaled = subject.resources('kubernetes_horizontal_pod_autoscaler_v2').length;
      if (scaled === 0) return skipped('nothing scales by itself');
      const { cluster, signal } = subject;
      const { status, said } = await cluster.tool(['get', '--raw', '/apis/metrics.k8s.io/v1beta1'], { signal });
      return status === 0 ? ok('metrics.k8s.io answers') : fail(said, { object: 'metrics.k8s.io' });
    },
  },
  {
    id: 'K8S-006',
    scope,
    title: 'network policies are enforced',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'a connection that a policy forbids does not come about',
    command: 'npm run stockops -- doctor {environment} --only K8S-006 --probe',
    about:
      'A cluster takes network policies whether or not its network enforces them. With `--probe` a namespace of its own is made with two pods of the application’s image: ' +
      'one reaches the other, a policy forbids it, and then it must not. The namespace is removed, also when this fails.',
    timeoutSeconds: 150,
    isProbe: true,
    run: policiesAreEnforced,
  },
  {
    id: 'K8S-007',
    scope,
    title: 'pods with privileges are refused in the namespace',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'the API server refuses a privileged pod (asked without making it)',
    command: 'kubectl get namespace {namespace} --show-labels',
    about:
      'The namespace asks for the Pod Security Standard `restricted`; where that admission is off, its labels mean nothing.',
    run: privilegesAreRefused,
  },
  {
    id: 'K8S-008',
    scope,
    title: 'the server and kubectl are of versions that work together',
    needs: ['K8S-002'],
    severity: 'warn',
    expected: 'Kubernetes 1.25 or later, and a kubectl at most one minor version away',
    command: 'kubectl version',
    about: 'Beyond one minor version apart, Kubernetes promises nothing of kubectl.',
    run: async (subject) => {
      const { clientVersion, serverVersion } = await subject.kubernetes('version');
      const [client = [], server = []] = [clientVersion, serverVersion].map((each) => versionIn(each.gitVersion));
      const seen = `server ${serverVersion.gitVersion}, kubectl ${clientVersion.gitVersion}`;
      const fits = isAtLeast(server, [1, 25]) && Math.abs((client[1] ?? 0) - (server[1] ?? 0)) <= 1;
      return (fits ? ok : warn)(seen, { object: subject.cluster.name });
    },
  },
  {
    id: 'K8S-009',
    scope,
    title: 'every node is ready and under no pressure',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'Ready, without pressure on disk, memory or process numbers',
    command: 'kubectl describe nodes',
    about: 'A node under pressure evicts pods; one that is not ready runs none.',
    run: nodesAreWell,
  },
];

async function contextFits(subject: Subject): Promise<Verdict> {
  const { cluster } = subject;
  const words = cluster.kubeconfig ? ['--kubeconfig', cluster.kubeconfig] : [];
  const { status, output, said } = await subject.tool('kubectl', ['config', 'view', '-o', 'json', ...words]);
  if (status !== 0) return fail(said, { object: cluster.kubeconfig });
  const view = JSON.parse(output);
  const contexts = ((view.contexts ?? []) as { name: string }[]).map(({ name }) => name);
  const names = contexts.join(', ') || 'none';
  if (!cluster.kubeconfig) {
    const seen = `KUBE_CONFIG_PATH is not set: Terraform reads no other; contexts of kubectl: ${names}`;
    return fail(seen, { command: setKubeconfig });
  }
  if (cluster.context !== undefined) {
    return contexts.includes(cluster.context)
      ? ok(`context ${cluster.context}`)
      : fail(`no context ${cluster.context}; there are: ${names}`, { object: `context ${cluster.context}` });
  }
  const current: string = view['current-context'] ?? '';
  if (!contexts.includes(current)) return fail(`no current context; there are: ${names}`);
  return contexts.length === 1
    ? ok(`the only context, ${current}`)
    : warn(`the environment names none, and ${current} of ${names} was used last`, {
        command: 'set kubernetesContext in config/environments/{environment}.ts',
      });
}

async function storageIsThere(subject: Subject): Promise<Verdict> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'storageclass');
  const names = items.map(({ metadata }) => metadata.name);
  const wanted: (string | undefined)[] = subject.resources(claims).map(({ spec }) => spec.storage_class_name);
  const missing = [...new Set(wanted)].filter((name) => name !== undefined && !names.includes(name));
  if (missing.length > 0) return fail(`no class ${missing.join(', ')}; there are: ${names.join(', ') || 'none'}`);
  const marked = items.filter(({ metadata }) => metadata.annotations?.[defaultClass] === 'true');
  if (!wanted.includes(undefined)) return ok(`the claims name ${[...new Set(wanted)].join(', ')}`);
  if (marked.length === 1) return ok(marked[0].metadata.name);
  return fail(`${marked.length === 0 ? 'none' : marked.length} of ${items.length} marked default`, {
    object: 'StorageClass',
  });
}

async function mayCreate(subject: Subject): Promise<Verdict> {
  const wanted = new Map(
    Object.entries(kindsOfApi).flatMap(([type, { group, resource }]) =>
      subject
        .resources(type)
        .map(({ metadata: { namespace } }): [string, Resource] => [
          `${resource} ${namespace ?? ''}`.trim(),
          { verb: 'create', group, resource, ...(namespace && { namespace }) },
        ]),
    ),
  );
  const items = [...wanted.values()].map((resourceAttributes) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }));
  const input = Readable.from([JSON.stringify({ apiVersion: 'v1', kind: 'List', items })]);
  const allowed = 'jsonpath={.status.allowed}{"\\n"}';
  const output = await subject.cluster.kubectl(['create', '-f', '-', '-o', allowed], { input, signal: subject.signal });
  const answers = output.trim().split('\n');
  const refused = [...wanted.keys()].filter((_, index) => answers[index] !== 'true');
  return refused.length === 0
    ? ok(`${wanted.size} kinds, all allowed`)
    : fail(`refused: ${refused.join(', ')}`, { object: refused[0], evidence: refused });
}

async function privilegesAreRefused({ cluster, namespace, signal }: Subject): Promise<Verdict> {
  const { output: there } = await cluster.tool(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name'], {
    signal,
  });
  if (!there) return skipped(`the namespace ${namespace} is not there yet`);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `stockops-probe-${randomBytes(4).toString('hex')}`, namespace },
    spec: { containers: [{ name: 'probe', image: 'probe', securityContext: { privileged: true } }] },
  };
  const input = Readable.from([JSON.stringify(pod)]);
  const { status, said } = await cluster.tool(['create', '--dry-run=server', '-f', '-'], { input, signal });
  const object = `namespace ${namespace}`;
  if (status === 0) return fail('a privileged pod would be taken', { object });
  if (said.includes('PodSecurity')) return ok('a privileged pod is refused by PodSecurity', { object });
  throw new Error(`a privileged pod is refused for another reason: ${said.trim()}`);
}

/** Conditions of a node that are to be false. */
const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

async function nodesAreWell(subject: Subject): Promise<Verdict> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'nodes');
  const faults = items.flatMap(({ metadata, status }) =>
    (status.conditions as { type: string; status: string; message?: string }[])
      .filter(({ type, status: is }) => (type === 'Ready' ? is !== 'True' : pressures.includes(type) && is === 'True'))
      .map(({ type, message = '' }) => `${metadata.name}: ${type === 'Ready' ? 'not ready' : type} ${message}`.trim()),
  );
  if (faults.length > 0)
    return fail(faults.join('; '), { object: `node ${faults[0]?.split(':')[0]}`, evidence: faults });
  return items.length > 0 ? ok(`${items.length} ${items.length === 1 ? 'node' : 'nodes'}`) : fail('there is no node');
}
