import { z } from 'zod';
import { existingRules, existingServer } from '../existing';
import { revision, size, storageGiB } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

const server = {
  storageGiB,
  ...size,
  /** Connections the server takes; as the manual has it (7.1). */
  maxConnections: z.int().min(10).max(1000).default(200),
  /** Memory for pages of the database; as the manual has it (7.1). */
  sharedBuffersMiB: z.int().min(16).default(256),
  /** What the planner takes the operating system to keep as well; as the manual has it (7.1). */
  effectiveCacheSizeMiB: z.int().min(16).default(1024),
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
  /** Of each role's password: raise it, and give the password, to have it written again. */
  passwordRevisions: z.strictObject({ owner: revision, app: revision, read: revision }).prefault({}),
});

/** How it is run: our own container, an existing engine's operator, or by somebody else. */
const schema = z.discriminatedUnion('topology', [
  z.strictObject({ topology: z.literal('bundled'), ...server }),
  z.strictObject({ topology: z.literal('operator'), ...server }),
  existing,
]);

/** A larger share leaves too little for connections, sorting and the page cache they live on. */
const mostShared = 0.4;

const rules = ({ postgres, ...place }: Place & { postgres: z.output<typeof schema> }): Rule[] =>
  postgres.topology === 'existing' ? rulesOfExisting(postgres, place) : rulesOfServer(postgres);

function rulesOfServer({
  topology,
  sharedBuffersMiB,
  memoryMiB,
}: Exclude<z.output<typeof schema>, { topology: 'existing' }>): Rule[] {
  return [
    {
      isBroken: topology === 'operator',
      path: 'postgres.topology',
      got: topology,
      allowed: '"bundled" or "existing" ("operator" is not built yet)',
    },
    {
      isBroken: sharedBuffersMiB > memoryMiB * mostShared,
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
