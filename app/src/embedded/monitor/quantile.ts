/** A bucket of a histogram: how many observations were at most this much. */
export interface Bucket {
  atMost: number;
  count: number;
}

// Rounding in sums of rates makes neighbours differ by less.
const tolerance = 1e-12;
const isSame = (one: number, other: number) => Math.abs(one - other) <= tolerance * (Math.abs(one) + Math.abs(other));

/** Buckets in order, one for each bound, whose counts do not fall. */
function inOrder(buckets: readonly Bucket[]): Bucket[] {
  const counts = new Map<number, number>();
  for (const { atMost, count } of buckets) counts.set(atMost, (counts.get(atMost) ?? 0) + count);
  let highest = 0;
  return [...counts]
    .sort(([one], [other]) => one - other)
    .map(([atMost, count], index) => {
      if (index === 0 || (count > highest && !isSame(count, highest))) highest = count;
      return { atMost, count: highest };
    });
}

/**
 * The value that a share of the observations does not exceed, as Prometheus computes it: within a bucket, observations
 * are taken to lie evenly (BucketQuantile in its promql/quantile.go).
 *
 * @returns NaN where nothing was observed
 */
export function quantile(share: number, given: readonly Bucket[]): number {
  const buckets = inOrder(given);
  const all = buckets.at(-1);
  if (all?.atMost !== Number.POSITIVE_INFINITY || buckets.length < 2 || all.count === 0) return Number.NaN;
  const rank = share * all.count;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const below = buckets[index - 1] ?? { atMost: 0, count: 0 };
  const { atMost, count } = buckets[index] ?? all;
  if (atMost === Number.POSITIVE_INFINITY) return below.atMost;
  if (index === 0 && atMost <= 0) return atMost;
  return below.atMost + (atMost - below.atMost) * ((rank - below.count) / (count - below.count));
}
