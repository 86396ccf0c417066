import { z } from 'zod';
import { existingRules, existingServer } from '../existing';
import { revision, size, storageGiB } from '../fields';
import type { ImageSettings } from '../images';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { images, postgresImages } from '../versions';

/** Each has a volume of its own: the data of one cannot be read by another. */
const major = z.literal([17, 18]);

/** What the platform says itself, and what data, copies or logs hang on: another value is another system. */
const ownSettings =
  /^(listen_addresses|port|.*_file|.*_directory|.*_directories|ssl.*|max_connections|shared_buffers|effective_cache_size|password_encryption|timezone|log_.+|logging_collector|idle_in_transaction_session_timeout|wal_level|max_wal_senders|max_replication_slots|max_slot_wal_keep_size|fsync|full_page_writes|synchronous_commit|archive_.+|restore_command|recovery_.+|primary_.+|shared_preload_libraries)$/;

/** Whether a setting of postgresql.conf is the platform's to say. */
export const isOwnSetting = (name: string): boolean => ownSettings.test(name);

const otherSetting = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/, 'the name of a setting of PostgreSQL, lower-case, e.g. work_mem')
  .refine(
    (name) => !isOwnSetting(name),
    'a setting that the platform does not say itself (ownSettings in config/components/postgres.ts)',
  );

const settingValue = z.union(
  [z.string().regex(/^[^\n\r\\]*$/, 'a text of one line without "\\"'), z.number(), z.boolean()],
  'a number, true or false, or a text of one line without "\\"',
);

const server = {
  /** Major version of PostgreSQL. Another one is an upgrade: docs/upgrade.md. */
  major: major.default(17),
  /** Major version whose volume is kept beside, until an upgrade is confirmed or undone for good. @default - none */
  keptMajor: major.optional(),
  storageGiB,
  ...size,
  /** Connections the server takes; as the manual has it (7.1). */
  maxConnections: z.int().min(10).max(1000).default(200),
  /** Memory for pages of the database. @default - by memoryMiB, see memorySettings */
  sharedBuffersMiB: z.int().min(16).optional(),
  /** What the planner takes the operating system to keep as well. @default - by memoryMiB, see memorySettings */
  effectiveCacheSizeMiB: z.int().min(16).optional(),
  /** Other settings of postgresql.conf, by name; one that the server does not know keeps it from starting. @default - none */
  settings: z.record(otherSetting, settingValue).optional(),
  /** Whether statements are counted and timed, in the view pg_stat_statements of the database postgres. @default false */
  statementStatistics: z.boolean().optional(),
  /** Of each role's password: raise it to have it changed (docs/rotation.md). */
  passwordRevisions: z
    .strictObject({ owner: revision, app: revision, read: revision, backup: revision, monitor: revision })
    .prefault({}),
};

/** A server that somebody else runs, with the roles of app/database in it. */
const existing = z.strictObject({
  topology: z.literal('existing'),
  ...existingServer,
  database: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a name of lower-case letters, digits and "_"'),
  /** As libpq means it. */
  sslMode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']).default('verify-full'),
  /** Whether host and port are those of a pooler in transaction mode (PgBouncer). */
  pooled: z.boolean().default(false),
  /** Of each role's password: raise it, and give the password, to have it written again (docs/rotation.md). */
  passwordRevisions: z.strictObject({ owner: revision, app: revision, read: revision }).prefault({}),
});

/** Our own container. */
const bundled = z.strictObject({ topology: z.literal('bundled'), ...server });

/** How it is run: our own container, an existing engine's operator, or by somebody else. */
const schema = z.discriminatedUnion('topology', [
  bundled,
  z.strictObject({ topology: z.literal('operator'), ...server }),
  existing,
]);

export type ServerMemory = Pick<z.output<typeof bundled>, 'memoryMiB' | 'sharedBuffersMiB' | 'effectiveCacheSizeMiB'>;

/** The manual's values (7.1), for a server as small as the manual's. */
const manual = { sharedBuffersMiB: 256, effectiveCacheSizeMiB: 1024 };

/**
 * What a server does with its memory: a quarter for pages of its own, three quarters for the system's and its own together, as
 * PostgreSQL's documentation has it; at least the manual's values, of which the first has to fit.
 * @see https://www.postgresql.org/docs/17/runtime-config-resource.html
 */
export function memorySettings({ memoryMiB, sharedBuffersMiB, effectiveCacheSizeMiB }: ServerMemory) {
  const mostMiB = Math.floor(memoryMiB * mostShared);
  const quarter = Math.floor(memoryMiB / 4);
  return {
    sharedBuffersMiB: sharedBuffersMiB ?? Math.min(Math.max(manual.sharedBuffersMiB, quarter), mostMiB),
    effectiveCacheSizeMiB: effectiveCacheSizeMiB ?? Math.max(manual.effectiveCacheSizeMiB, quarter * 3),
  };
}

/** A larger share leaves too little for connections, sorting and the page cache they live on. */
const mostShared = 0.4;

const rules = ({ postgres, ...place }: Place & { postgres: z.output<typeof schema> }): Rule[] =>
  postgres.topology === 'existing' ? rulesOfExisting(postgres, place) : rulesOfServer(postgres, place.images);

function rulesOfServer(
  {
    topology,
    major,
    keptMajor,
    sharedBuffersMiB,
    memoryMiB,
  }: Exclude<z.output<typeof schema>, { topology: 'existing' }>,
  { upstream }: ImageSettings,
): Rule[] {
  const image = postgresImages[major];
  const tag = upstream[image]?.tag ?? images[image].split(':')[1];
  return [
    {
      // One edit of config/versions.ts would otherwise give every environment a server that cannot read its volume.
      isBroken: !tag?.startsWith(`${major}.`),
      path: `images.upstream.${image}.tag`,
      got: tag,
      allowed: `a tag of PostgreSQL ${major}, ${major}.…, here and in config/versions.ts; another major version is postgres.major (docs/upgrade.md)`,
    },
    {
      isBroken: keptMajor === major,
      path: 'postgres.keptMajor',
      got: keptMajor,
      allowed: 'nothing, or the major version that postgres.major was before an upgrade (docs/upgrade.md)',
    },
    {
      isBroken: topology === 'operator',
      path: 'postgres.topology',
      got: topology,
      allowed: '"bundled" or "existing" ("operator" is not built yet)',
    },
    {
      isBroken: sharedBuffersMiB !== undefined && sharedBuffersMiB > memoryMiB * mostShared,
      path: 'postgres.sharedBuffersMiB',
      got: sharedBuffersMiB,
      allowed: `at most ${Math.floor(memoryMiB * mostShared)}, ${mostShared * 100} % of memoryMiB`,
    },
  ];
}

function rulesOfExisting(
  postgres: z.output<typeof existing>,
  { tier, lifetimeHours }: Pick<Place, 'tier' | 'lifetimeHours'>,
): Rule[] {
  const { sslMode, caFile } = postgres;
  return [
    ...existingRules('postgres', postgres, sslMode.startsWith('verify-'), { lifetimeHours }),
    {
      isBroken: tier === 'production' && sslMode !== 'verify-full',
      path: 'postgres.sslMode',
      got: sslMode,
      allowed: '"verify-full" in production',
    },
    {
      isBroken: sslMode === 'verify-ca' && caFile === undefined,
      path: 'postgres.sslMode',
      got: sslMode,
      allowed: '"verify-full", or a caFile: every server of a public CA would pass',
    },
  ];
}

export const postgres = { schema, rules };
