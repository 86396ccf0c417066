import { kubernetesVersions } from '../../config/versions';
import type { Fault } from './faults';

/** Whose copy the faults are put into. */
export const faultyEnvironment = 'staging';

const object = (kind: string, component: string) => `${kind}/stock-analysis-${component}`;
const pod = ['spec', 'template', 'spec'];
const container = [...pod, 'containers', '0'];

/** Something for each gate, and for each of its rules that much depends on. */
export const faults: readonly Fault[] = [
  ...kubernetesVersions.flatMap((version) => [
    { rule: `schema-${version}`, object: object('Service', 'gateway'), at: ['spec', 'selektor'], value: {} },
    { rule: `schema-${version}`, object: object('ResourceQuota', 'quota'), at: ['spec', 'hard'], value: 'enough' },
    {
      rule: `schema-${version}`,
      object: object('PodDisruptionBudget', 'worker'),
      at: ['apiVersion'],
      value: 'policy/v1beta1',
    },
  ]),

  { rule: 'container-resources', object: object('Deployment', 'api'), at: [...container, 'resources', 'limits'] },
  {
    rule: 'container-ephemeral-storage-request-and-limit',
    object: object('Deployment', 'worker'),
    at: [...container, 'resources', 'limits', 'ephemeral-storage'],
  },
  {
    rule: 'container-image-pull-policy',
    object: object('Deployment', 'worker'),
    at: [...container, 'imagePullPolicy'],
    value: 'IfNotPresent',
  },
  {
    rule: 'container-security-context-user-group-id',
    object: object('Deployment', 'api'),
    at: [...container, 'securityContext', 'runAsUser'],
    value: 1000,
  },
  {
    rule: 'container-seccomp-profile',
    object: object('StatefulSet', 'alertmanager'),
    at: [...container, 'securityContext', 'seccompProfile'],
  },
  {
    rule: 'deployment-has-poddisruptionbudget',
    object: object('PodDisruptionBudget', 'gateway'),
    at: [],
    foundIn: object('Deployment', 'gateway'),
  },
  // Either policy would do.
  ...['NetworkPolicy/default-deny', object('NetworkPolicy', 'scheduler')].map((policy) => ({
    rule: 'pod-networkpolicy',
    object: policy,
    at: [],
    foundIn: object('Deployment', 'scheduler'),
  })),
  {
    rule: 'pod-probes-identical',
    object: object('Deployment', 'api'),
    at: [...container, 'livenessProbe', 'httpGet', 'path'],
    value: '/health/ready',
  },
  {
    rule: 'pod-topology-spread-constraints',
    object: object('Deployment', 'gateway'),
    at: [...pod, 'topologySpreadConstraints', '0'],
    value: {},
  },
  {
    rule: 'service-targets-pod',
    object: object('Service', 'cache'),
    at: ['spec', 'selector'],
    value: { app: 'kache' },
  },

  {
    rule: 'CKV_K8S_16',
    object: object('StatefulSet', 'postgres'),
    at: [...container, 'securityContext', 'privileged'],
    value: true,
  },
  {
    rule: 'CKV_K8S_15',
    object: object('Deployment', 'api'),
    at: [...container, 'imagePullPolicy'],
    value: 'IfNotPresent',
  },
  {
    rule: 'CKV_K8S_31',
    object: object('StatefulSet', 'alertmanager'),
    at: [...pod, 'securityContext', 'seccompProfile'],
  },
  {
    rule: 'CKV_K8S_40',
    object: object('Deployment', 'api'),
    at: [...container, 'securityContext', 'runAsUser'],
    value: 1000,
  },
  {
    rule: 'CKV_K8S_43',
    object: object('Deployment', 'api'),
    at: [...container, 'image'],
    value: 'stock-analysis/app:0.1.0',
  },

  {
    rule: 'service-nobody-reaches',
    object: object('NetworkPolicy', 'queue'),
    at: ['spec', 'ingress'],
    value: [],
    foundIn: object('Service', 'queue'),
  },
  {
    rule: 'priority-class',
    object: object('CronJob', 'maintenance'),
    at: ['spec', 'jobTemplate', ...pod, 'priorityClassName'],
  },
  {
    rule: 'suppression',
    object: object('StatefulSet', 'queue'),
    at: ['metadata', 'annotations', 'checkov.io/skip1'],
    value: 'CKV_K8S_40=it is what it is',
  },
];
