import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../config/environment';
import { Environment } from '../constructs/workload/environment';
import type { EnvironmentStack } from '../constructs/workload/stack';
import { ApplicationStack } from './application-stack';
import { DataStack } from './data-stack';
import { refuseMovedData } from './kept-data';
import { PlatformStack } from './platform-stack';
import { refuseAboveQuota } from './quota';

export interface System {
  readonly environment: Environment;
  /** In the order they are deployed; destroyed in the reverse. */
  readonly stacks: readonly EnvironmentStack[];
}

/**
 * The whole system in one environment.
 * @throws ConfigurationError when its workloads do not fit into its quota, or what holds its data would be another.
 */
export function addSystem(scope: Construct, config: EnvironmentConfig): System {
  const environment = new Environment(scope, config);
  const platform = new PlatformStack(environment);
  const data = new DataStack(environment);
  const application = new ApplicationStack(environment, data);
  data.addDependency(platform);
  application.addDependency(data);
  refuseAboveQuota(environment);
  refuseMovedData(environment);
  return { environment, stacks: [platform, data, application] };
}
