import type { Aspect, Thing } from './aspects';

/** What a change takes away: a thing, or the value of one of its aspects. */
export interface Loss {
  readonly unit: string;
  readonly address: string;
  readonly name: string;
  readonly what: Aspect | 'existence';
  readonly from: string;
  /** What it would be; nothing for a thing that is gone. */
  readonly to?: string;
}

/** The things of a unit before a change and after it, by address. */
export interface Change {
  readonly unit: string;
  readonly before: readonly Thing[];
  readonly after: readonly Thing[];
  /** The address that one of before has after. */
  readonly movedTo: (address: string) => string;
}

/** Everything that a change of a unit takes away. */
export function lossesOf({ unit, before, after, movedTo }: Change): Loss[] {
  const present = new Map(after.map((thing) => [thing.address, thing]));
  return before.flatMap((thing): Loss[] => {
    const address = movedTo(thing.address);
    const now = present.get(address);
    const loss = { unit, address, name: thing.name };
    if (!now) return thing.isKept ? [{ ...loss, what: 'existence', from: thing.name }] : [];
    return [...thing.aspects]
      .map(([what, from]) => ({ ...loss, what, from, to: now.aspects.get(what) ?? 'nothing' }))
      .filter(({ what, from, to }) => !(isEnough.get(what) ?? isSame)(from, to));
  });
}

const isSame = (before: string, after: string): boolean => before === after;

const hasAll = (before: string, after: string): boolean => {
  const present = after.split(', ');
  return before === '' || before.split(', ').every((one) => present.includes(one));
};

const isAsLarge = (before: string, after: string): boolean => Number.parseInt(after, 10) >= Number.parseInt(before, 10);

/** Where more is no loss. */
const isEnough: ReadonlyMap<Aspect, (before: string, after: string) => boolean> = new Map([
  ['size', isAsLarge],
  ['keys', hasAll],
  ['paths', hasAll],
]);
