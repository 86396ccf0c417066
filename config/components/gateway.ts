import { z } from 'zod';
import { someAddresses } from '../cidr';
import { port, revision, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { scaleRules } from '../scale-rules';

const schema = z.strictObject({
  scale,
  ...size,
  /** Addresses of what stands before it, e.g. an ingress: it says who the client is. */
  trustedProxies: z.array(someAddresses).default([]),
  /** Port on 127.0.0.1 of the machine; Docker only. */
  localPort: port.optional(),
  /** Of the password by which people reach web interfaces: raise it to have another made. */
  loginRevision: revision,
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
