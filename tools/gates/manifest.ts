import type { Schema, Schemas } from './schemas';

/** An object as Kubernetes gets it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What the resources of Terraform's provider are in Kubernetes. */
const kinds: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  kubernetes_cluster_role_binding_v1: ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  kubernetes_cluster_role_v1: ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  kubernetes_config_map_v1: ['v1', 'ConfigMap'],
  kubernetes_cron_job_v1: ['batch/v1', 'CronJob'],
  kubernetes_daemon_set_v1: ['apps/v1', 'DaemonSet'],
  kubernetes_deployment_v1: ['apps/v1', 'Deployment'],
  kubernetes_horizontal_pod_autoscaler_v2: ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  kubernetes_ingress_v1: ['networking.k8s.io/v1', 'Ingress'],
  kubernetes_job_v1: ['batch/v1', 'Job'],
  kubernetes_limit_range_v1: ['v1', 'LimitRange'],
  kubernetes_namespace_v1: ['v1', 'Namespace'],
  kubernetes_network_policy_v1: ['networking.k8s.io/v1', 'NetworkPolicy'],
  kubernetes_persistent_volume_claim_v1: ['v1', 'PersistentVolumeClaim'],
  kubernetes_priority_class_v1: ['scheduling.k8s.io/v1', 'PriorityClass'],
  kubernetes_resource_quota_v1: ['v1', 'ResourceQuota'],
  kubernetes_role_binding_v1: ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  kubernetes_role_v1: ['rbac.authorization.k8s.io/v1', 'Role'],
  kubernetes_secret_v1: ['v1', 'Secret'],
  kubernetes_service_account_v1: ['v1', 'ServiceAccount'],
  kubernetes_service_v1: ['v1', 'Service'],
  kubernetes_stateful_set_v1: ['apps/v1', 'StatefulSet'],
};

/** What is for Terraform alone. */
const forTerraform = /^(\/\/|depends_on|lifecycle|timeouts|data_wo_revision|wait_for_\w+|wait_until_bound)$/;

/** Words of the provider that are not Kubernetes' words in another spelling. */
const otherWords: Readonly<Record<string, string>> = {
  'Secret.data_wo': 'stringData',
  'DaemonSet.spec.strategy': 'updateStrategy',
};

/**
 * A resource of Terraform's provider as the object that it makes. The provider has its own spelling, lists of one for
 * objects, and texts for numbers; Kubernetes' schema says which is which.
 * @throws Error for a type that no kind is known of, and for a field that the schema does not have
 */
export function manifestOf(type: string, body: object, schemas: Schemas): Manifest {
  const [apiVersion, kind] = kinds[type] ?? [];
  const schema = apiVersion && kind && schemas.of(apiVersion, kind);
  if (!schema) throw new Error(`no kind of Kubernetes is known for ${type}, known: ${Object.keys(kinds).join(', ')}`);
  const fields = Object.fromEntries(Object.entries(body).filter(([key]) => !forTerraform.test(key)));
  return { apiVersion, kind, ...(converted(fields, schema, kind, schemas) as Pick<Manifest, 'metadata'>) };
}

function converted(value: unknown, reference: Schema, path: string, schemas: Schemas): unknown {
  const schema = schemas.resolve(reference);
  if (schema.properties) return convertedObject(onlyOne(value, path), schema.properties, path, schemas);
  if (schema.items && Array.isArray(value)) {
    return value.map((item) => converted(item, schema.items as Schema, path, schemas));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, converted(child, {}, path, schemas)]));
  }
  return typeof value === 'string' ? convertedText(value, schema, path) : value;
}

const convertedObject = (
  fields: object,
  properties: Readonly<Record<string, Schema>>,
  path: string,
  schemas: Schemas,
) =>
  Object.fromEntries(
    Object.entries(fields).map(([key, child]) => {
      const name = otherWords[`${path}.${key}`] ?? nameOf(key, Object.keys(properties), path);
      return [name, converted(child, properties[name] as Schema, `${path}.${name}`, schemas)];
    }),
  );

/** An object that the provider has as a list. */
function onlyOne(value: unknown, path: string): object {
  const one = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'object' && one !== null && !(Array.isArray(value) && value.length > 1)) return one;
  throw new Error(`${path}: got ${JSON.stringify(value)}, allowed: one object`);
}

/** The property that a key means: `cluster_ip` is clusterIP, `container` is containers. */
function nameOf(key: string, names: readonly string[], path: string): string {
  const letters = key.replaceAll('_', '').toLowerCase();
  const found = [letters, `${letters}s`].flatMap((form) => names.filter((name) => name.toLowerCase() === form));
  if (!found[0]) throw new Error(`${path} has no field for ${key}, it has: ${names.join(', ')}`);
  return found[0];
}

function convertedText(text: string, schema: Schema, path: string): string | number {
  const types = [schema, ...(schema.oneOf ?? [])].flatMap(({ type = [] }) => type);
  // As chmod has it.
  if (types.includes('integer') && /[mM]ode$/.test(path)) return Number.parseInt(text, 8);
  if (types.includes('integer') && /^-?\d+$/.test(text)) return Number(text);
  return text.replaceAll('$${', '${').replaceAll('%%{', '%{');
}
