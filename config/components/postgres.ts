import { z } from 'zod';
import { size, storageGiB } from '../fields';
import type { Rule } from '../rule';

/** How a stateful component is run: our own container, or an existing engine's operator behind the same interface. */
const topology = z.enum(['bundled', 'operator']);

const schema = z.strictObject({
  topology,
  storageGiB,
  ...size,
  /** Connections the server takes; as the manual has it (7.1). */
  maxConnections: z.int().min(10).max(1000).default(200),
  /** Memory for pages of the database; as the manual has it (7.1). */
  sharedBuffersMiB: z.int().min(16).default(256),
  /** What the planner takes the operating system to keep as well; as the manual has it (7.1). */
  effectiveCacheSizeMiB: z.int().min(16).default(1024),
});

/** A larger share leaves too little for connections, sorting and the page cache they live on. */
const mostShared = 0.4;

function rules({ postgres }: { postgres: z.output<typeof schema> }): Rule[] {
  const { topology, sharedBuffersMiB, memoryMiB } = postgres;
  return [
    {
      isBroken: topology === 'operator',
      path: 'postgres.topology',
      got: topology,
      allowed: '"bundled" ("operator" is not built yet)',
    },
    {
      isBroken: sharedBuffersMiB > memoryMiB * mostShared,
      path: 'postgres.sharedBuffersMiB',
      got: sharedBuffersMiB,
      allowed: `at most ${Math.floor(memoryMiB * mostShared)}, ${mostShared * 100} % of memoryMiB`,
    },
  ];
}

export const postgres = { schema, rules };
