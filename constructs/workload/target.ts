import type { TerraformStack } from 'cdktf';
import type { Boundary } from './boundary';
import type { Environment } from './environment';
import type { Secret } from './secret';
import type { Workload } from './workload';

/** The deployable units of an environment, each with a state of its own, in the order they are deployed. */
export type Unit = 'platform' | 'data' | 'application';

/** What a target renders into: a stack, and what it is of which environment. */
export interface TargetProps {
  readonly stack: TerraformStack;
  readonly environment: Environment;
  readonly unit: Unit;
}

/** What turns one stack's boundaries, secrets and workloads into resources. */
export interface Target {
  renderBoundary(boundary: Boundary): void;
  renderSecret(secret: Secret): void;
  renderWorkload(workload: Workload): void;
  /** Called once, when all of the above is done. */
  finish(): void;
}
