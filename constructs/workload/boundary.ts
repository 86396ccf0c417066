import { Construct } from 'constructs';
import type { Place } from '../../config/place';

/**
 * Where a workload lives: with the others, where the cluster refuses every pod that is not restricted, or with the agents
 * of the nodes, which look at what no restricted pod may see.
 */
export type BoundaryName = 'workloads' | 'agents';

export interface BoundaryProps {
  /** Whose boundary it is. */
  readonly of: BoundaryName;
  /** What all in it together may take. @default - no limit: there are as many agents as nodes */
  readonly quota?: Place['quota'];
}

/**
 * What workloads live in and cannot leave by themselves: a namespace with limits and default deny in both directions,
 * or the engine's networks, one for each server. One that nobody lives in is not made.
 */
export class Boundary extends Construct {
  readonly props: BoundaryProps;

  constructor(scope: Construct, id: string, props: BoundaryProps) {
    super(scope, id);
    this.props = props;
  }
}

/** The namespace of a boundary. */
export const namespaceOf = ({ namespace }: Pick<Place, 'namespace'>, boundary: BoundaryName): string =>
  boundary === 'agents' ? `${namespace}-agents` : namespace;
