import { Construct } from 'constructs';
import { Environment } from './environment';
import type { Workload } from './workload';

export interface LoadBalancerProps {
  readonly workload: Workload;
  /** Port for those outside to the name of the workload's. */
  readonly ports: Readonly<Record<number, string>>;
  /** Whose it is, where the cluster has several. @default - the cluster's own */
  readonly class?: string | undefined;
  /** What its controller reads. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Addresses (CIDR) of who may come; everybody when empty. */
  readonly sourceRanges: readonly string[];
}

/** An address of the cluster's load balancer at which those outside reach a workload, and are seen under their own. */
export class LoadBalancer extends Construct {
  constructor(
    scope: Construct,
    id: string,
    readonly props: LoadBalancerProps,
  ) {
    super(scope, id);
    Environment.of(this);
  }
}
