import fc from 'fast-check';
import { type Candidate, decide, type Policy } from '../../../ops/src/backup/retention';

const now = new Date('2026-11-26T04:00:00Z');
const hour = 3_600_000;

const copy = (id: string, snapshotAt: string, state: Candidate['state'] = 'verified'): Candidate => ({
  id,
  snapshotAt: new Date(snapshotAt),
  state,
});
const keptOf = (copies: readonly Candidate[], policy: Policy) =>
  decide(copies, policy, now)
    .filter(({ isKept }) => isKept)
    .map(({ id }) => id);
const reasonsOf = (id: string, copies: readonly Candidate[], policy: Policy) =>
  decide(copies, policy, now).find((verdict) => verdict.id === id)?.reasons;

const fewest: Policy = { last: 3, daily: 0, weekly: 0, monthly: 0 };

describe('which copies are kept', () => {
  test('the last ones, the newest first', () => {
    const copies = ['22', '24', '23', '25', '21'].map((day) => copy(day, `2026-11-${day}T02:00:00Z`));
    expect(keptOf(copies, fewest)).toEqual(['25', '24', '23']);
    expect(reasonsOf('22', copies, fewest)).toEqual(['no rule keeps it']);
  });

  test("the last of each day, which begins and ends with Shanghai's", () => {
    const copies = [
      copy('new 3', '2026-11-26T03:00:00Z'),
      copy('new 2', '2026-11-26T02:00:00Z'),
      copy('new 1', '2026-11-26T01:00:00Z'),
      copy('first of the 25th', '2026-11-24T16:00:00Z'),
      copy('last of the 24th', '2026-11-24T15:59:59Z'),
      copy('first of the 24th', '2026-11-23T16:00:00Z'),
    ];
    expect(keptOf(copies, { ...fewest, daily: 3 })).toEqual([
      'new 3',
      'new 2',
      'new 1',
      'first of the 25th',
      'last of the 24th',
    ]);
    expect(reasonsOf('last of the 24th', copies, { ...fewest, daily: 3 })).toEqual(['last of the day 2026-11-24']);
  });

  test('the last of each week, from Monday, and of each month', () => {
    const copies = [
      copy('new 3', '2026-11-26T03:00:00Z'),
      copy('new 2', '2026-11-26T02:00:00Z'),
      copy('new 1', '2026-11-26T01:00:00Z'),
      copy('Sunday', '2026-11-22T02:00:00Z'),
      copy('Monday', '2026-11-16T02:00:00Z'),
      copy('October', '2026-10-31T02:00:00Z'),
      copy('earlier in October', '2026-10-30T02:00:00Z'),
    ];
    expect(keptOf(copies, { ...fewest, weekly: 2, monthly: 2 })).toEqual([
      'new 3',
      'new 2',
      'new 1',
      'Sunday',
      'October',
    ]);
    expect(reasonsOf('Sunday', copies, { ...fewest, weekly: 2 })).toEqual(['last of the week 2026-11-16']);
  });

  test('periods without a copy take no place: copies that stopped a year ago stay', () => {
    const copies = ['01', '02', '03', '04', '05'].map((day) => copy(day, `2025-11-${day}T02:00:00Z`));
    expect(keptOf(copies, { ...fewest, daily: 5 })).toHaveLength(5);
  });

  test('nothing goes while fewer than three are verified, not even what is damaged', () => {
    const copies = [
      copy('good', '2026-11-25T02:00:00Z'),
      copy('another', '2026-11-24T02:00:00Z'),
      copy('damaged', '2026-11-23T02:00:00Z', 'damaged'),
    ];
    expect(keptOf(copies, fewest)).toHaveLength(3);
    expect(reasonsOf('damaged', copies, fewest)).toEqual(['there are 2 verified copies, 3 have to be']);
  });

  test('one that is damaged takes no place of a good one, and one that nobody has read waits', () => {
    const copies = [
      copy('damaged', '2026-11-26T02:00:00Z', 'damaged'),
      copy('unread', '2026-11-25T02:00:00Z', 'unverified'),
      ...['24', '23', '22', '21'].map((day) => copy(day, `2026-11-${day}T02:00:00Z`)),
    ];
    expect(keptOf(copies, fewest)).toEqual(['unread', '24', '23', '22']);
    expect(reasonsOf('damaged', copies, fewest)).toEqual(['it is damaged']);
  });

  test('copies of a moment to come stay and push out none', () => {
    const copies = [
      ...['1', '2', '3'].map((day) => copy(`to come ${day}`, `2027-01-0${day}T02:00:00Z`)),
      ...['25', '24', '23', '22'].map((day) => copy(day, `2026-11-${day}T02:00:00Z`)),
    ];
    expect(keptOf(copies, fewest)).toEqual(['to come 3', 'to come 2', 'to come 1', '25', '24', '23']);
  });
});

describe('whatever copies there are', () => {
  const candidates = fc
    .array(
      fc.record({
        hoursAgo: fc.integer({ min: -100, max: 24 * 800 }),
        state: fc.constantFrom<Candidate['state']>('verified', 'verified', 'unverified', 'damaged'),
      }),
      { maxLength: 40 },
    )
    .map((copies) =>
      copies.map(({ hoursAgo, state }, index) => ({
        id: `copy ${index}`,
        snapshotAt: new Date(now.getTime() - hoursAgo * hour),
        state,
      })),
    );
  const policies = fc.record({
    last: fc.integer({ min: 3, max: 6 }),
    daily: fc.integer({ min: 0, max: 30 }),
    weekly: fc.integer({ min: 0, max: 8 }),
    monthly: fc.integer({ min: 0, max: 12 }),
  });
  const isKeptIn = (copies: readonly Candidate[], policy: Policy) => {
    const kept = new Set(keptOf(copies, policy));
    return ({ id }: Candidate) => kept.has(id);
  };
  const counts = ({ state, snapshotAt }: Candidate) => state === 'verified' && snapshotAt <= now;
  const always = (holds: (copies: Candidate[], policy: Policy) => boolean) =>
    fc.assert(fc.property(candidates, policies, holds), { numRuns: 500 });

  test('three verified ones stay, or all there are', () => {
    always((copies, policy) => {
      const verified = copies.filter(counts);
      return verified.filter(isKeptIn(copies, policy)).length >= Math.min(3, verified.length);
    });
  });

  test('the newest verified one stays', () => {
    always((copies, policy) => {
      const newest = copies.filter(counts).sort((a, b) => b.snapshotAt.getTime() - a.snapshotAt.getTime())[0];
      return newest === undefined || isKeptIn(copies, policy)(newest);
    });
  });

  test('to decide again once the others are gone takes away nothing more', () => {
    always((copies, policy) => {
      const left = copies.filter(isKeptIn(copies, policy));
      return left.every(isKeptIn(left, policy));
    });
  });

  test('what is damaged changes nothing about the others', () => {
    always((copies, policy) => {
      const others = copies.filter(({ state }) => state !== 'damaged');
      return others.every((each) => isKeptIn(copies, policy)(each) === isKeptIn(others, policy)(each));
    });
  });

  test('each is decided on once, with a reason', () => {
    always((copies, policy) => {
      const verdicts = decide(copies, policy, now);
      return (
        verdicts.every(({ reasons }) => reasons.length > 0) &&
        verdicts
          .map(({ id }) => id)
          .sort()
          .join() ===
          copies
            .map(({ id }) => id)
            .sort()
            .join()
      );
    });
  });
});
