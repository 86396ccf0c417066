import type { LoggingConfig } from './components/logging';
import type { Place } from './place';
import type { Rule } from './rule';

interface Estate extends Pick<Place, 'cluster' | 'lifetimeHours'> {
  readonly postgres: { readonly topology: string };
  readonly observability?: { readonly topology?: string | undefined; readonly kubelets?: unknown } | undefined;
  readonly logging?: LoggingConfig | undefined;
}

/** What cannot be had where the cluster gives less than all. */
export function estateRules({ cluster = {}, lifetimeHours, postgres, observability, logging }: Estate): Rule[] {
  const { existingNamespace = false, nodeAgents = true, podUsers = 'ours' } = cluster;
  const kubelets = observability?.kubelets;
  return [
    {
      isBroken: existingNamespace && lifetimeHours !== undefined,
      path: 'lifetimeHours',
      got: lifetimeHours,
      allowed: 'nothing where cluster.existingNamespace is true: a namespace of others is theirs to delete',
    },
    {
      isBroken: existingNamespace && kubelets !== undefined,
      path: 'observability.kubelets',
      got: kubelets,
      allowed: 'nothing where cluster.existingNamespace is true: to ask kubelets takes a right of the whole cluster',
    },
    {
      isBroken: !nodeAgents && kubelets !== undefined,
      path: 'observability.kubelets',
      got: kubelets,
      allowed: 'nothing where cluster.nodeAgents is false: the nodes are found by their agents',
    },
    {
      isBroken: !nodeAgents && logging !== undefined,
      path: 'cluster.nodeAgents',
      got: nodeAgents,
      allowed: 'true where there is logging: Filebeat reads the logs on each node; or leave logging out',
    },
    {
      isBroken: podUsers === 'assigned' && postgres.topology !== 'existing',
      path: 'postgres.topology',
      got: postgres.topology,
      allowed:
        '"existing" where cluster.podUsers is "assigned": PostgreSQL starts for a user that has a name, which an assigned one has not',
    },
  ];
}
