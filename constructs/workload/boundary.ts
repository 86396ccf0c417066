import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config/environment';

export interface BoundaryProps {
  /** What all workloads of the environment together may take. */
  readonly quota: EnvironmentConfig['quota'];
}

/**
 * What all workloads of an environment live in and cannot leave by themselves: a namespace with a quota and
 * default deny in both directions, or the engine's networks, one per server.
 */
export class Boundary extends Construct {
  readonly props: BoundaryProps;

  constructor(scope: Construct, id: string, props: BoundaryProps) {
    super(scope, id);
    this.props = props;
  }
}
