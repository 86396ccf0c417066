import type { TerraformStack } from 'cdktf';
import type { Boundary } from './boundary';
import type { CustomObject } from './custom-object';
import type { Environment } from './environment';
import type { Ingress } from './ingress';
import type { LoadBalancer } from './load-balancer';
import type { Priority } from './priority';
import type { Secret } from './secret';
import type { Workload } from './workload';

/** What is deployed as one and has a state of its own, by its name: `application`. */
export type Unit = string;

/** What a target renders into: a stack, and what it is of which environment. */
export interface TargetProps {
  readonly stack: TerraformStack;
  readonly environment: Environment;
  readonly unit: Unit;
  /** Of its workloads. */
  readonly priority: Priority;
}

/** What turns one stack's boundaries, secrets, workloads and custom objects into resources. */
export interface Target {
  renderBoundary(boundary: Boundary): void;
  renderSecret(secret: Secret): void;
  renderWorkload(workload: Workload): void;
  /** @throws Error naming the component where the target has none */
  renderLoadBalancer(entrance: LoadBalancer): void;
  /** @throws Error naming the component where the target has none */
  renderIngress(entrance: Ingress): void;
  /** @throws Error naming the component where the target has no such objects */
  renderCustomObject(object: CustomObject): void;
  /** Called once, when all of the above is done. */
  finish(): void;
}
