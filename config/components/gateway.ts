import { z } from 'zod';
import { port, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { scaleRules } from '../scale-rules';

/** Some addresses, not all: who believes everybody's X-Forwarded-For counts nobody. */
const addresses = z
  .string()
  .refine(
    (text) => z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success && !text.endsWith('/0'),
    'addresses as CIDR, not all of them, e.g. 10.0.0.0/8',
  );

const schema = z.strictObject({
  scale,
  ...size,
  /** Addresses of what stands before it, e.g. an ingress: its X-Forwarded-For says who the client is. */
  trustedProxies: z.array(addresses).default([]),
  /** Port on 127.0.0.1 of the machine; Docker only. */
  localPort: port.optional(),
});

const rules = ({ gateway, ...place }: Place & { gateway: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('gateway', gateway.scale, place),
  {
    isBroken: place.target === 'docker' && gateway.localPort === undefined,
    path: 'gateway.localPort',
    got: gateway.localPort,
    allowed: 'a port on 127.0.0.1, e.g. 8080',
  },
];

export const gateway = { schema, rules };
