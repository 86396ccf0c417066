import { dayInShanghai } from '../../../app/src/market/trading-day';
import type { CopyState } from './verification';

/** How many copies are kept, by kind; a copy is kept when one kind keeps it. */
export interface Policy {
  /** The newest, three at least. */
  last: number;
  /** Periods, counted from the newest that has a copy, of which the last copy is kept. */
  daily: number;
  weekly: number;
  monthly: number;
}

export interface Candidate {
  id: string;
  snapshotAt: Date;
  state: CopyState;
}

/** What is to become of a copy, and why. */
export interface Verdict {
  id: string;
  isKept: boolean;
  reasons: string[];
}

/** Below this many verified copies nothing is taken away. */
const fewestVerified = 3;

/**
 * Decides by what the copies say of themselves, never by the age of files. Verified copies alone are counted, so that one
 * that cannot be restored keeps no place of one that can; days, weeks (from Monday) and months are Shanghai's.
 *
 * @param now a copy of a later moment is kept and counts for nothing: some clock was wrong, and it would always be the newest
 */
export function decide(copies: readonly Candidate[], policy: Policy, now: Date): Verdict[] {
  const newestFirst = [...copies].sort((a, b) => b.snapshotAt.getTime() - a.snapshotAt.getTime());
  const verified = newestFirst.filter(({ state, snapshotAt }) => state === 'verified' && snapshotAt <= now);
  const kept = new Map<string, string[]>();
  const keep = (id: string, reason: string) => kept.set(id, [...(kept.get(id) ?? []), reason]);

  for (const { id } of verified.slice(0, policy.last)) keep(id, `one of the last ${policy.last}`);
  for (const [period, count, of] of [
    [dayInShanghai, policy.daily, 'day'],
    [weekOf, policy.weekly, 'week'],
    [monthOf, policy.monthly, 'month'],
  ] as const) {
    for (const { id, name } of lastOfPeriods(verified, period, count)) keep(id, `last of the ${of} ${name}`);
  }
  for (const { id, snapshotAt, state } of newestFirst) {
    if (snapshotAt > now) keep(id, 'of a moment to come: some clock was wrong');
    if (verified.length < fewestVerified)
      keep(id, `there are ${verified.length} verified copies, ${fewestVerified} have to be`);
    if (state === 'unverified') keep(id, 'nobody has verified it yet');
  }
  return newestFirst.map(({ id, state }) => {
    const reasons = kept.get(id);
    if (reasons) return { id, isKept: true, reasons };
    return { id, isKept: false, reasons: [state === 'damaged' ? 'it is damaged' : 'no rule keeps it'] };
  });
}

function lastOfPeriods(newestFirst: readonly Candidate[], periodOf: (moment: Date) => string, count: number) {
  const last = new Map<string, string>();
  for (const { id, snapshotAt } of newestFirst) {
    const name = periodOf(snapshotAt);
    if (!last.has(name)) last.set(name, id);
  }
  return [...last].slice(0, count).map(([name, id]) => ({ name, id }));
}

const dayMilliseconds = 86_400_000;

/** The Monday of the week. */
function weekOf(moment: Date): string {
  const day = new Date(`${dayInShanghai(moment)}T00:00:00Z`);
  const sinceMonday = (day.getUTCDay() + 6) % 7;
  return new Date(day.getTime() - sinceMonday * dayMilliseconds).toISOString().slice(0, 10);
}

const monthOf = (moment: Date): string => dayInShanghai(moment).slice(0, 7);
