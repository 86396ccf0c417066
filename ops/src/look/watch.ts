import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../checks/check';
import { checksFor, withNeeds } from '../checks/registry';
import { runChecks } from '../checks/run-checks';
import { componentsOfSubject } from '../checks/running-checks';
import type { Subject } from '../checks/subject';
import type { Component } from '../running/component';

/** What the manual's monitor.sh looks at (9.1): services, disk and memory; and whether the API answers, and the load. */
const watched = ['RUN-001', 'RUN-002', 'HOST-002', 'HOST-003', 'HOST-006'];

/** What was seen at one moment. */
export interface Tick {
  readonly at: Date;
  readonly components: readonly Component[];
  readonly findings: readonly Finding[];
}

interface Watching {
  /** Looks at it anew. */
  readonly open: () => Subject;
  readonly everySeconds: number;
  /** @default until the signal */
  readonly ticks: number | undefined;
  readonly tell: (tick: Tick) => void;
  readonly signal: AbortSignal;
}

/** Looks again and again, until it is stopped. @returns the last that it saw */
export async function watch({ open, everySeconds, ticks, tell, signal }: Watching): Promise<Tick | undefined> {
  let last: Tick | undefined;
  for (let count = 0; count !== ticks && !signal.aborted; count++) {
    if (count > 0) await sleep(everySeconds * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const tick = await look(open()).catch(unlessStopped(signal));
    if (!tick) break;
    last = tick;
    tell(tick);
  }
  return last;
}

/** What was interrupted says nothing. */
const unlessStopped = (signal: AbortSignal) => (error: Error) => {
  if (!signal.aborted) throw error;
  return undefined;
};

async function look(subject: Subject): Promise<Tick> {
  try {
    const checks = withNeeds(checksFor(subject.target), ({ id }) => watched.includes(id));
    const findings = await runChecks(checks, subject, { isProbing: false });
    const components = await componentsOfSubject(subject).catch(() => []);
    // Of what is needed, what is not well stands for those that were not asked.
    const told = findings.filter(({ id, state }) => watched.includes(id) || !['ok', 'skipped'].includes(state));
    return { at: new Date(), components, findings: told };
  } finally {
    subject.end();
  }
}
