import type { Boundary } from './boundary';
import { DockerTarget } from './docker-target';
import { KubernetesTarget } from './kubernetes-target';
import type { Secret } from './secret';
import type { EnvironmentStack } from './stack';
import type { Workload } from './workload';

/** What turns one stack's boundaries, secrets and workloads into resources. */
export interface Target {
  renderBoundary(boundary: Boundary): void;
  renderSecret(secret: Secret): void;
  renderWorkload(workload: Workload): void;
  /** Called once, when all of the above is done. */
  finish(): void;
}

/** The only place that asks what an environment's target is. */
export const targetFor = (stack: EnvironmentStack): Target =>
  stack.environment.config.target === 'docker' ? new DockerTarget(stack) : new KubernetesTarget(stack);
