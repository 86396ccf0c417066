/** A copy is made every day; as the alert has it. */
export const oldestCopyHours = 26;

/** A copy, as `stockops backup list --json` tells of it. */
export interface ToldCopy {
  id: string;
  /** Undefined where its manifest cannot be used. */
  snapshotAt?: string | undefined;
  state?: string | undefined;
}

/** The newest of some copies, and how old it is; undefined where there is none. */
export function newestCopy<C extends ToldCopy>(copies: readonly C[]): (C & { ageSeconds: number }) | undefined {
  return copies
    .flatMap((copy) =>
      copy.snapshotAt ? [{ ...copy, ageSeconds: (Date.now() - Date.parse(copy.snapshotAt)) / 1000 }] : [],
    )
    .toSorted((a, b) => a.ageSeconds - b.ageSeconds)[0];
}
