import { Boundary } from '../constructs/workload/boundary';
import type { Environment } from '../constructs/workload/environment';
import { EnvironmentStack } from '../constructs/workload/stack';

/** What has to be there before anything runs: the namespace and its limits, or the networks. */
export class PlatformStack extends EnvironmentStack {
  constructor(environment: Environment) {
    super(environment, 'platform');
    new Boundary(this, 'boundary', { of: 'workloads', quota: environment.config.quota });
    new Boundary(this, 'agents', { of: 'agents' });
  }
}
