import type { Manifest } from '../backup/manifest';
import type { Progress } from '../cli/progress';
import { connected } from '../database/server';
import { differences, listTables, tableFactsAtOnce } from '../database/table-facts';
import type { EnvironmentOf } from '../environment';
import { reopen } from './restore';

/** How the live database stands to a copy. */
export interface Comparison {
  id: string;
  /** Tables of the live database: none before its first migration. */
  tables: number;
  rows: number;
  /** What is not as the copy has it, a line each; none where every row is. */
  differences: string[];
  /** Tables with fewer rows than were copied. */
  fewer: string[];
}

/** Compares every row of the live database with a copy's manifest. */
export async function compareWithCopy(
  environment: EnvironmentOf<'restore'>,
  manifest: Manifest,
  progress: Progress,
): Promise<Comparison> {
  const tables = await liveTables(environment);
  const found = await progress.step('comparing every row with the manifest', (tell) =>
    tableFactsAtOnce(environment, environment.BACKUP_JOBS, (done, all) => tell(`${done} of ${all} tables`)),
  );
  const rowsIn = new Map(found.map(({ name, rows }) => [name, rows]));
  return {
    id: manifest.id,
    tables,
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    differences: differences(manifest.tables, found),
    fewer: manifest.tables.filter(({ name, rows }) => (rowsIn.get(name) ?? 0) < rows).map(({ name }) => name),
  };
}

/** How many tables the live database has. */
export async function liveTables(environment: EnvironmentOf<'restore'>): Promise<number> {
  const count = async () => (await connected(environment, listTables)).length;
  return count().catch(async (error) => {
    // A restore that was killed may have left it closed.
    await reopen(environment).catch(() => {
      throw error;
    });
    return count();
  });
}
