import type { Body, SynthesizedStack } from './synthesized';

/** The parts of the provider's resources that the tests look at, as Terraform gets them. */
export interface Container {
  name: string;
  image: string;
  image_pull_policy?: string;
  command?: string[];
  args?: string[];
  env: Array<{ name: string; value?: string }>;
  port?: Array<{ name?: string; container_port: number; protocol?: string; host_port?: number }>;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  security_context?: {
    privileged?: boolean;
    allow_privilege_escalation?: boolean;
    read_only_root_filesystem?: boolean;
    run_as_non_root?: boolean;
    run_as_user?: string;
    run_as_group?: string;
    capabilities?: { add?: string[]; drop?: string[] };
    seccomp_profile?: { type?: string };
    se_linux_options?: { type?: string; user?: string; role?: string };
  };
  volume_mount: Array<{ name: string; mount_path: string; read_only?: boolean; mount_propagation?: string }>;
  lifecycle?: { pre_stop?: Array<{ exec: { command: string[] } }> };
  startup_probe?: Probe;
  readiness_probe?: Probe;
  liveness_probe?: Probe;
}

export interface Probe {
  exec?: { command: string[] };
  http_get?: { path: string; port: string; host?: string };
  tcp_socket?: Array<{ port: string; host?: string }>;
  period_seconds: number;
  timeout_seconds: number;
  failure_threshold: number;
}

export interface Volume {
  name: string;
  empty_dir?: { size_limit?: string; medium?: string };
  persistent_volume_claim?: { claim_name: string };
  projected?: Array<{
    default_mode: string;
    sources: Array<{
      config_map?: Array<{ name: string; items?: Array<{ key: string; path: string }> }>;
      secret?: Array<{ name: string; items: Array<{ key: string; path: string }> }>;
    }>;
  }>;
  [type: string]: unknown;
}

export interface PodSpec {
  automount_service_account_token?: boolean;
  enable_service_links?: boolean;
  service_account_name?: string;
  image_pull_secrets?: Array<{ name: string }>;
  priority_class_name?: string;
  host_network?: boolean;
  dns_policy?: string;
  toleration?: Array<{ operator?: string }>;
  host_pid?: boolean;
  host_ipc?: boolean;
  restart_policy?: string;
  termination_grace_period_seconds?: number;
  security_context?: {
    run_as_non_root?: boolean;
    run_as_user?: string;
    run_as_group?: string;
    fs_group?: string;
    seccomp_profile?: { type?: string };
    sysctl?: Array<{ name: string; value: string }>;
    se_linux_options?: { type?: string; user?: string; role?: string };
  };
  container: Container[];
  init_container?: Container[];
  volume: Volume[];
  topology_spread_constraint?: Array<{ topology_key: string; when_unsatisfiable: string }>;
}

export interface Metadata {
  name: string;
  namespace?: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface PodTemplate {
  metadata: Metadata;
  spec: PodSpec;
}

export interface Controller {
  metadata: Metadata;
  spec: {
    replicas?: string;
    service_name?: string;
    pod_management_policy?: string;
    progress_deadline_seconds?: number;
    strategy?: { type: string; rolling_update?: { max_surge: string; max_unavailable: string } };
    selector: { match_labels: Record<string, string> };
    template: PodTemplate;
  };
}

export interface CronJob {
  metadata: Metadata;
  spec: {
    schedule: string;
    timezone: string;
    concurrency_policy: string;
    job_template: { spec: { active_deadline_seconds: number; backoff_limit: number; template: PodTemplate } };
  };
}

export interface NetworkPolicy {
  metadata: Metadata;
  spec: {
    pod_selector: { match_labels?: Record<string, string> };
    policy_types: string[];
    ingress?: Array<{ from?: Peer[]; ports?: PolicyPort[] }>;
    egress?: Array<{ to?: Peer[]; ports?: PolicyPort[] }>;
  };
}

export interface Peer {
  pod_selector?: { match_labels?: Record<string, string> };
  namespace_selector?: { match_labels?: Record<string, string> };
  ip_block?: { cidr: string; except?: string[] };
}

export interface PolicyPort {
  port?: string;
  protocol?: string;
}

export interface Claim {
  metadata: Metadata;
  spec: { access_modes: string[]; resources: { requests: { storage: string } } };
}

/** The pod template of a component, whatever runs it. */
export interface Pod {
  readonly component: string;
  readonly controller: 'Deployment' | 'StatefulSet' | 'CronJob' | 'DaemonSet' | 'Job';
  readonly namespace: string | undefined;
  /** The most pods there are at a time without a surge; what an autoscaler may make of it. */
  readonly replicas: number;
  readonly template: PodTemplate;
}

/** Every pod template of a stack; of agents and tasks as if there was one node and one run. */
export function podsOf(stack: SynthesizedStack): Pod[] {
  const deployments = Object.entries(stack.resources<Controller>('kubernetes_deployment_v1'));
  const statefulSets = Object.entries(stack.resources<Controller>('kubernetes_stateful_set_v1'));
  const cronJobs = Object.entries(stack.resources<CronJob>('kubernetes_cron_job_v1'));
  const daemonSets = Object.entries(stack.resources<Controller>('kubernetes_daemon_set_v1'));
  const jobs = Object.entries(stack.resources<Controller>('kubernetes_job_v1'));
  const scaled = stack.resources<{ spec: { max_replicas: number } }>('kubernetes_horizontal_pod_autoscaler_v2');
  return [
    ...deployments.map(([component, { metadata, spec }]) => ({
      component,
      namespace: metadata.namespace,
      controller: 'Deployment' as const,
      replicas: scaled[component]?.spec.max_replicas ?? Number(spec.replicas),
      template: spec.template,
    })),
    ...statefulSets.map(([component, { metadata, spec }]) => ({
      component,
      namespace: metadata.namespace,
      controller: 'StatefulSet' as const,
      replicas: Number(spec.replicas),
      template: spec.template,
    })),
    ...cronJobs.map(([component, { metadata, spec }]) => ({
      component,
      namespace: metadata.namespace,
      controller: 'CronJob' as const,
      replicas: 1,
      template: spec.job_template.spec.template,
    })),
    ...daemonSets.map(([component, { metadata, spec }]) => ({
      component,
      namespace: metadata.namespace,
      controller: 'DaemonSet' as const,
      replicas: 1,
      template: spec.template,
    })),
    ...jobs.map(([component, { metadata, spec }]) => ({
      component,
      namespace: metadata.namespace,
      controller: 'Job' as const,
      replicas: 1,
      template: spec.template,
    })),
  ];
}

/** The pod of one component. */
export function podOf(stack: SynthesizedStack, component: string): Pod {
  const pod = podsOf(stack).find((candidate) => candidate.component === component);
  if (!pod) throw new Error(`stack "${stack.name}" has no pod of "${component}"`);
  return pod;
}

/** The own container of a component's pod, beside which it may have a companion. */
export const containerOf = (stack: SynthesizedStack, component: string): Container => {
  const own = podOf(stack, component).template.spec.container.filter(({ name }) => name === component);
  if (!own[0] || own.length > 1) throw new Error(`"${component}" has ${own.length} containers of its name, not 1`);
  return own[0];
};

/** The objects that the stack's chart installs. */
export function chartObjects(stack: SynthesizedStack): Array<{
  kind: string;
  metadata: Metadata;
  spec: Record<string, unknown>;
}> {
  return Object.values(stack.resources<Body & { values: string[] }>('helm_release')).flatMap(({ values }) =>
    values.flatMap((text) => JSON.parse(text).objects),
  );
}

/** Types of what takes a right of the whole cluster, or bounds what is not ours in a namespace of others. */
export const clusterWideTypes = [
  'kubernetes_namespace_v1',
  'kubernetes_cluster_role_v1',
  'kubernetes_cluster_role_binding_v1',
  'kubernetes_resource_quota_v1',
  'kubernetes_limit_range_v1',
  'kubernetes_daemon_set_v1',
  'kubernetes_priority_class_v1',
] as const;
