import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webOrigin } from '../config/components/observability';
import type { EnvironmentConfig } from '../config/environment';
import { type PlatformApp, platformApp } from '../constructs/workload/app';
import { Environment } from '../constructs/workload/environment';
import { useProxy } from '../constructs/workload/proxy';
import type { EnvironmentStack } from '../constructs/workload/stack';
import { ApplicationStack } from './application-stack';
import { BackupStack } from './backup-stack';
import { DataStack } from './data-stack';
import { committedPlans, type Plans } from './kept/committed-plans';
import { planOf } from './kept/plan';
import { refuseIdleTransitions } from './kept/refuse-idle-transitions';
import { refuseLosses } from './kept/refuse-losses';
import { LoggingStack } from './logging-stack';
import { ObservabilityStack } from './observability-stack';
import { PlatformStack } from './platform-stack';
import { refuseAboveQuota } from './quota';
import { refuseUnknownParts } from './unknown-parts';

export interface System {
  readonly config: EnvironmentConfig;
  readonly environment: Environment;
  /** The deployable units, each with a state of its own, in the order they are deployed; destroyed in the reverse. */
  readonly stacks: readonly EnvironmentStack[];
}

/**
 * The whole system in one environment. What its data hangs on is compared with what was reviewed last before it is written.
 * @param committed its plans as they were reviewed
 * @throws ConfigurationError when its workloads do not fit into its quota.
 */
export function addSystem(
  app: PlatformApp,
  config: EnvironmentConfig,
  committed: Plans = committedPlans(config.name),
): System {
  const environment = new Environment(app, config);
  const platform = new PlatformStack(environment);
  const data = new DataStack(environment, config);
  const application = new ApplicationStack(environment, config, data);
  const { observability, logging, images, hosts, backup } = config;
  const { api, gateway } = application;
  const { postgres } = data;
  const copying =
    backup && config.postgres.topology !== 'existing'
      ? [new BackupStack(environment, config, { backup, postgres, api, major: config.postgres.major })]
      : [];
  const origin = webOrigin(observability);
  const keepingLogs = logging ? [new LoggingStack(environment, { logging, images, gateway, origin })] : [];
  // Made when all have recorded what is to be seen of them.
  const watching = observability
    ? [new ObservabilityStack(environment, { observability, images, hosts, gateway, logs: keepingLogs[0]?.search })]
    : [];
  const stacks = [platform, data, application, ...copying, ...keepingLogs, ...watching];
  for (const [index, stack] of stacks.entries()) {
    const before = stacks[index - 1];
    if (before) stack.addDependency(before);
  }
  useProxy(environment);
  refuseUnknownParts(environment);
  refuseAboveQuota(environment);
  app.checkBeforeWriting(() => {
    const planned = new Map(stacks.map((stack) => [stack.unit, planOf(stack.toTerraform())]));
    refuseLosses(config, committed, planned);
    refuseIdleTransitions(config, committed, planned);
  });
  return { config, environment, stacks };
}

/** Works with the system of an environment that is written nowhere. */
export function withSystem<T>(config: EnvironmentConfig, work: (system: System) => T): T {
  // cdktf makes the folder that it would write into.
  const unused = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    return work(addSystem(platformApp(unused), config));
  } finally {
    rmSync(unused, { recursive: true });
  }
}

/** The names of an environment's stacks, in the order they are deployed. */
export const stackNames = (config: EnvironmentConfig): string[] =>
  withSystem(config, ({ stacks }) => stacks.map(({ node }) => node.id));
