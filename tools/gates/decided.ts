import type { Exception } from './exceptions';

const highUser = ['CKV_K8S_40', 'container-security-context-user-group-id'];
const singles = [
  'blackbox-exporter',
  'cache-exporter',
  'elasticsearch-exporter',
  'grafana',
  'kibana',
  'kube-state-metrics',
  'log-watch',
  'postgres-exporter',
  'queue-exporter',
];

/** Those of images that are not ours. */
const upstream = [
  'alertmanager',
  'blackbox-exporter',
  'cache',
  'cache-exporter',
  'elasticsearch',
  'elasticsearch-exporter',
  'filebeat',
  'gateway',
  'grafana',
  'kibana',
  'kube-state-metrics',
  'logstash',
  'node-exporter',
  'postgres',
  'postgres-exporter',
  'prometheus',
  'queue',
  'queue-exporter',
];

/** What is decided otherwise than a tool would have it; decision 043 says more. One that covers nothing any more fails the gates. */
export const exceptions: readonly Exception[] = [
  {
    rules: ['CKV_K8S_15', 'CKV_K8S_43', 'container-image-pull-policy'],
    tier: 'development',
    reason: 'images are loaded into the nodes by hand: a registry that is asked at each start would not have them',
  },
  ...(['staging', 'production'] as const).map((tier) => ({
    rules: ['CKV_K8S_43'],
    tier,
    components: upstream,
    reason: 'no registry has told their digests yet (`npm run digests`), and until then a deploy is refused',
  })),
  {
    rules: highUser,
    components: ['backup', 'postgres', 'queue'],
    reason:
      'what is on the volume belongs to the user of the image: another could not read it, or PostgreSQL would not start on it',
  },
  {
    rules: highUser,
    components: ['elasticsearch', 'kibana', 'logstash'],
    reason: "Elastic's images let their own user write what they write, and others only in root's group",
  },
  {
    rules: ['CKV_K8S_23', ...highUser],
    components: ['filebeat'],
    reason: 'logs of containers can be read by root alone (docs/security.md)',
  },
  {
    rules: highUser,
    environment: 'restricted',
    reason: 'the namespace assigns users far above 10000, and refuses a pod that names one',
  },
  {
    rules: ['CKV_K8S_38'],
    components: ['kube-state-metrics', 'prometheus'],
    reason: 'they ask the API of the cluster (docs/security.md); nothing else has a token',
  },
  {
    rules: ['CKV_K8S_9'],
    components: ['gateway'],
    reason:
      'the exporter beside Nginx has no say in whether Nginx is ready: who looks must not take away what is looked at',
  },
  {
    rules: ['deployment-has-host-podantiaffinity'],
    components: ['api', 'gateway', 'worker'],
    reason: 'topology spread, which kube-score checks too, keeps replicas apart by node and by zone',
  },
  { rules: ['deployment-replicas'], tier: 'development', reason: 'there is one of everything' },
  {
    rules: ['deployment-replicas', 'deployment-strategy'],
    components: singles,
    reason: 'nothing that clients ask for is away with it; two would tell everything twice',
  },
  {
    rules: ['deployment-replicas'],
    components: ['cache', 'scheduler'],
    reason:
      'two caches would not know of each other, and a second scheduler would wait for the first; both are made up for',
  },
  {
    rules: ['pod-probes-identical'],
    components: [
      'blackbox-exporter',
      'cache-exporter',
      'elasticsearch',
      'elasticsearch-exporter',
      'filebeat',
      'gateway',
      'kibana',
      'kube-state-metrics',
      'log-watch',
      'logstash',
      'node-exporter',
      'postgres-exporter',
      'queue-exporter',
    ],
    reason:
      'the same page is asked for life, and with more patience: every workload whose two probes are wholly alike is refused',
  },
  { rules: ['priority-class'], environment: 'restricted', reason: 'it may make nothing outside its namespace' },
];
