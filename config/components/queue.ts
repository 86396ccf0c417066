import { z } from 'zod';
import { size, storageGiB } from '../fields';
import type { Rule } from '../rule';

const schema = z.strictObject({ topology: z.enum(['bundled', 'operator']), storageGiB, ...size });

const rules = ({ queue: { topology } }: { queue: z.output<typeof schema> }): Rule[] => [
  {
    isBroken: topology === 'operator',
    path: 'queue.topology',
    got: topology,
    allowed: '"bundled" ("operator" is not built yet)',
  },
];

export const queue = { schema, rules };
