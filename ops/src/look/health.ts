import type { Finding, State } from '../checks/check';
import type { Subject } from '../checks/subject';
import type { Progress } from '../cli/progress';
import { findingsOf } from './findings-of';

/** The manual's health check (3.2, 9.1), part by part: the check that answers for each. */
export const parts: Readonly<Record<string, string>> = {
  service: 'RUN-001',
  API: 'RUN-002',
  database: 'DATA-003',
  cache: 'DATA-007',
  queue: 'DATA-005',
  freshness: 'DATA-013',
  disk: 'HOST-002',
  memory: 'HOST-003',
  load: 'HOST-006',
  certificate: 'TLS-001',
};

/** How one part is. */
export interface Part {
  readonly part: string;
  readonly finding: Finding;
}

export interface Health {
  readonly parts: readonly Part[];
  /** Of what the parts need, what is not well. */
  readonly others: readonly Finding[];
  /** Whether anything of it runs. */
  readonly isRunning: boolean;
}

/** Looks how an environment is. */
export async function health(subject: Subject, progress: Progress): Promise<Health> {
  const ids = Object.values(parts);
  const findings = await findingsOf(subject, { isWanted: ({ id }) => ids.includes(id), progress });
  const isWell = (state: State) => state === 'ok' || state === 'skipped';
  return {
    parts: Object.entries(parts).flatMap(([part, id]) => {
      const finding = findings.find((each) => each.id === id);
      return finding ? [{ part, finding }] : [];
    }),
    others: findings.filter(({ id, state }) => !ids.includes(id) && !isWell(state)),
    isRunning: findings.some(({ id, state }) => id === parts.service && state !== 'skipped'),
  };
}
