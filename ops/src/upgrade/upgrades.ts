/** A change between two major versions that somebody may notice. */
export interface Change {
  change: string;
  /** What it means for this platform. */
  meaning: string;
}

/** A way from one major version of the bundled PostgreSQL to another. */
export interface Upgrade {
  from: number;
  to: number;
  /** What nobody can use meanwhile. */
  stops: string;
  /** Of a database, what its copy takes at most, and its data in the new volume, as shares of its size. */
  disk: { copy: number; data: number };
  /** Seconds of processor time that a GiB of the database takes to copy, restore and compare (docs/decisions/032-upgrades-of-postgresql.md). */
  secondsPerGiB: number;
  /** Extensions that the new version's image has; a database with another one cannot go there. */
  extensions: readonly string[];
  changes: readonly Change[];
}

/** What is in PostgreSQL's own image beside the server. */
const contained = ['plpgsql', 'amcheck', 'btree_gin', 'btree_gist', 'pg_stat_statements', 'pg_trgm', 'pgcrypto'];

/**
 * Every upgrade that is known.
 *
 * @see https://www.postgresql.org/docs/18/release-18.html#RELEASE-18-MIGRATION
 */
export const upgrades: readonly Upgrade[] = [
  {
    from: 17,
    to: 18,
    stops: 'everything: what is read and what is written',
    disk: { copy: 1, data: 1.2 },
    secondsPerGiB: 120,
    extensions: contained,
    changes: [
      { change: 'passwords hashed with MD5 are deprecated', meaning: 'none here: all are SCRAM' },
      { change: 'data checksums are the default of initdb', meaning: 'none here: they have been on' },
      {
        change: 'VACUUM and ANALYZE of a partitioned table go on to its partitions',
        meaning: 'those that are run by hand take longer; ONLY leaves the partitions out',
      },
      {
        change: 'abbreviations of time zones are first looked up in the time zone of the session',
        meaning: 'none here: moments are written with their offset',
      },
      { change: 'COPY FROM takes a line \\. of a CSV file for data', meaning: 'none here: rows are copied as text' },
      {
        change: 'AFTER triggers run as the role that set them off',
        meaning: 'none here: the schema has none that differ',
      },
      { change: 'unlogged partitioned tables are refused', meaning: 'none here: the schema has none' },
      {
        change: 'full text search follows the collation provider of the cluster',
        meaning: 'its indexes are made anew by the restore',
      },
      {
        change: 'reads are made by processes of their own (io_method)',
        meaning: 'three more processes beside the server',
      },
    ],
  },
];

/** The way on from a major version, undefined where there is none. */
export const upgradeFrom = (major: number, known = upgrades): Upgrade | undefined =>
  known.find(({ from }) => from === major);

/** The way that has led to a major version. */
export const upgradeTo = (major: number, known = upgrades): Upgrade | undefined => known.find(({ to }) => to === major);
