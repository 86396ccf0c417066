import { z } from 'zod';
import { size } from '../fields';
import type { Rule } from '../rule';

const schema = z.strictObject({ topology: z.enum(['bundled', 'operator']), ...size });

const rules = ({ cache: { topology } }: { cache: z.output<typeof schema> }): Rule[] => [
  {
    isBroken: topology === 'operator',
    path: 'cache.topology',
    got: topology,
    allowed: '"bundled" ("operator" is not built yet)',
  },
];

export const cache = { schema, rules };
