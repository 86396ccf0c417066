/** What a workload may ask the cluster's API; only one that says so has a token at all. */
export interface ClusterAccess {
  /** Objects of its own namespace, of all namespaces that its environment lives in, or of every namespace. */
  readonly scope: 'namespace' | 'environment' | 'cluster';
  readonly rules: readonly ClusterAccessRule[];
  /** Why it cannot do without, for docs/security.md. */
  readonly reason: string;
}

/** Where a pod that may ask finds its `token`, and with `ca.crt` the CA of the cluster. */
export const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export interface ClusterAccessRule {
  /** '' is the core group. */
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: ReadonlyArray<'get' | 'list' | 'watch'>;
}

/**
 * @throws Error for a rule that says "all", or that reads secrets
 */
export function refuseImpossibleAccess(component: string, { rules, reason }: ClusterAccess): void {
  const refuse = (got: string, allowed: string) => {
    throw new Error(`workload "${component}": clusterAccess ${got}, allowed: ${allowed}`);
  };
  if (reason.trim() === '') refuse('without a reason', 'a sentence that docs/security.md can give');
  if (rules.length === 0) refuse('without rules', 'one rule or more');
  for (const { apiGroups, resources, verbs } of rules) {
    const words = [...apiGroups, ...resources, ...verbs];
    if (words.includes('*')) refuse('to "*"', 'each group, resource and verb by its name');
    if (resources.some((resource) => resource.startsWith('secrets'))) {
      refuse('to secrets', 'anything else: a secret is mounted as a file');
    }
  }
}
