import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Where the files are. */
export const migrationsFolder = path.join(__dirname, '../../migrations');
const extension = '.sql';

/** One step from a schema to the next, as its file says. */
export interface Migration {
  name: string;
  /**
   * The oldest version of the application that works with what it leaves; undefined for one that takes nothing away, with
   * which every version works that worked before.
   */
  oldestVersion: string | undefined;
  /** Sent one after the other; outside a transaction each commits by itself. */
  statements: readonly string[];
  isOutsideTransaction: boolean;
}

/** Names of the migrations this version of the application needs, oldest first. */
export const migrationNames: readonly string[] = readdirSync(migrationsFolder)
  .filter((file) => file.endsWith(extension))
  .map((file) => path.parse(file).name)
  .sort();

/** All of them, oldest first. @throws Error naming a file that does not say what it is */
export const readMigrations = (): Migration[] =>
  migrationNames.map((name) =>
    parseMigration(name, readFileSync(path.join(migrationsFolder, name + extension), 'utf8')),
  );

/** Why a version cannot work with a schema, and what to do. */
export interface SchemaFault {
  fault: string;
  advice: string;
}

/**
 * What keeps a version of the application from working with a schema; undefined where nothing does.
 *
 * @param applied names of the migrations that the schema was made by
 */
export function findSchemaFault(applied: readonly string[], version: string): SchemaFault | undefined {
  const beyond = applied.find((name) => !migrationNames.includes(name) && takesAwayFrom(name, version));
  if (beyond !== undefined) {
    return {
      fault: `the database has the migration ${beyond}, which took away what version ${version} needs`,
      advice: `deploy ${oldestVersionIn(beyond)} or a later version, or restore a copy from before that migration`,
    };
  }
  if (migrationNames.every((name) => applied.includes(name))) return undefined;
  return { fault: 'migrations are missing', advice: 'run `stock migrate`' };
}

/** Made before the rule that the name says it; no version that lacks them was ever released. */
const contractionsWithoutVersion = ['005_job-control', '006_roles', '007_life-of-the-data'];

/** A version that does not have the file has to be told by the name alone. */
const oldestVersionIn = (name: string): string | undefined => /_from-(\d+\.\d+\.\d+)$/.exec(name)?.[1];

/** Whether a migration takes away what a version of the application needs. */
export const takesAwayFrom = (name: string, version: string): boolean => isOlder(version, oldestVersionIn(name));

const isOlder = (version: string, than: string | undefined): boolean =>
  than !== undefined && version.localeCompare(than, 'en', { numeric: true }) < 0;

/**
 * @param text begins with what the migration is: `-- expand` or `-- contract`, and whether it runs outside a transaction
 * @throws Error saying what the file is to begin with, or to be called
 */
export function parseMigration(name: string, text: string): Migration {
  const [head = ''] = text.split('\n', 1);
  const [, kind, outside] = /^-- (expand|contract)(, outside a transaction)?$/.exec(head) ?? [];
  if (!kind) {
    throw new Error(
      `migration ${name} begins with ${JSON.stringify(head)}, allowed: "-- expand" or "-- contract", each also with ", outside a transaction"; CONTRIBUTING.md says which`,
    );
  }
  const oldestVersion = oldestVersionIn(name);
  if ((kind === 'contract') !== (oldestVersion !== undefined || contractionsWithoutVersion.includes(name))) {
    throw new Error(
      `migration ${name} says "${kind}", allowed: "contract" with a name that ends in the oldest version that works with it, such as ${name.split('_from-')[0]}_from-0.2.0, and "expand" with one that does not`,
    );
  }
  const [, up = ''] = text.split(/^-- Up Migration$/m);
  const [statements = ''] = up.split(/^-- Down Migration$/m);
  return {
    name,
    oldestVersion,
    statements: outside ? separate(statements) : [statements],
    isOutsideTransaction: outside !== undefined,
  };
}

/** Several statements sent at once would be one transaction. */
const separate = (statements: string): string[] =>
  statements
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
