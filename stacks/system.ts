import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../config/environment';
import { Environment } from '../constructs/workload/environment';
import type { EnvironmentStack } from '../constructs/workload/stack';
import { ApplicationStack } from './application-stack';
import { DataStack } from './data-stack';
import { PlatformStack } from './platform-stack';

export interface System {
  readonly environment: Environment;
  /** In the order they are deployed; destroyed in the reverse. */
  readonly stacks: readonly EnvironmentStack[];
}

/** The whole system in one environment. */
export function addSystem(scope: Construct, config: EnvironmentConfig): System {
  const environment = new Environment(scope, config);
  const platform = new PlatformStack(environment);
  const data = new DataStack(environment);
  const application = new ApplicationStack(environment, data);
  data.addDependency(platform);
  application.addDependency(data);
  return { environment, stacks: [platform, data, application] };
}
