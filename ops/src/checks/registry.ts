import { backupChecks } from './backup-checks';
import { certificateChecks } from './certificate-checks';
import type { Check } from './check';
import { clusterChecks } from './cluster-checks';
import { dataChecks } from './data-checks';
import { engineChecks } from './engine-checks';
import { environmentChecks } from './environment-checks';
import { hostChecks } from './host-checks';
import { imageChecks } from './image-checks';
import { runningChecks } from './running-checks';
import { secretChecks } from './secret-checks';
import { stateChecks } from './state-checks';
import type { Target } from './target';
import { toolChecks } from './tool-checks';

/** Kinds of checks, by what their ids begin with. */
export const categories: Readonly<Record<string, { title: string; checks: readonly Check[] }>> = {
  ENV: { title: 'The environment', checks: environmentChecks },
  TOOL: { title: 'Programs of this machine', checks: toolChecks },
  ENGINE: { title: 'The Docker engine', checks: engineChecks },
  K8S: { title: 'The cluster', checks: clusterChecks },
  STATE: { title: 'The state of Terraform', checks: stateChecks },
  IMAGE: { title: 'Images', checks: imageChecks },
  SECRET: { title: 'Secrets', checks: secretChecks },
  RUN: { title: 'What runs', checks: runningChecks },
  HOST: { title: 'Machines', checks: hostChecks },
  TLS: { title: 'The certificate', checks: certificateChecks },
  BACKUP: { title: 'Copies of the database', checks: backupChecks },
  DATA: { title: 'What the application needs and keeps', checks: dataChecks },
};

/** Every check, in the order in which they are told: those that others need come before them. */
export const registry: readonly Check[] = Object.values(categories).flatMap(({ checks }) => checks);

/** Ids of checks that are gone; no other check is given them. */
export const retired: readonly string[] = [];

/** Those that have an answer for a target; where it is not known it is one that is deployed. */
export const checksFor = (target: Target | undefined): readonly Check[] =>
  registry.filter(({ scope }) => (target ? scope.includes(target) : scope.some((each) => each !== 'embedded')));

/** Some checks, with those that they need. */
export function withNeeds(checks: readonly Check[], isWanted: (check: Check) => boolean): readonly Check[] {
  const kept = new Set<string>();
  // What is needed comes before.
  for (const check of checks.toReversed()) {
    if (!isWanted(check) && !kept.has(check.id)) continue;
    for (const id of [check.id, ...(check.needs ?? [])]) kept.add(id);
  }
  return checks.filter(({ id }) => kept.has(id));
}
