import type { Queryable } from '../database/pool';
import { joined, literal, sql } from '../database/sql';
import { type Dataset, datasets } from '../market/dataset';
import { descriptors } from './datasets';

const everyLatestDay = joined(
  datasets.map((dataset) => sql`SELECT ${literal(dataset)} AS dataset, (${descriptors[dataset].latestDay}) AS day`),
  ' UNION ALL ',
);

/** The latest day that each dataset reaches to; null for those never loaded. */
export async function readLatestDays(database: Queryable): Promise<ReadonlyMap<Dataset, string | null>> {
  const { rows } = await database.query<{ dataset: Dataset; day: string | null }>(everyLatestDay);
  return new Map(rows.map(({ dataset, day }) => [dataset, day]));
}

/** The latest day that a dataset reaches to; null when it was never loaded. */
export async function readLatestDay(database: Queryable, dataset: Dataset): Promise<string | null> {
  const { rows } = await database.query<{ day: string | null }>(sql`SELECT (${descriptors[dataset].latestDay}) AS day`);
  return rows[0]?.day ?? null;
}
