import { z } from 'zod';
import { someAddresses } from '../cidr';
import { databasePool, revision, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { processorRule, scaleRules } from '../scale-rules';

/** Private and shared networks, where pods and containers have their addresses. */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

const schema = z.strictObject({
  scale,
  databasePool,
  ...size,
  /** Of the key that API keys are hashed with: raise it to have it changed (docs/rotation.md). */
  secretKeyRevision: revision,
  /** Addresses of the gateway's pods, which alone are let in to it: they say who the client is. */
  trustedProxies: z.array(someAddresses).default(privateNetworks),
});

const rules = ({ api, ...place }: Place & { api: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('api', api.scale, place),
  processorRule('api', api.scale, api.cpuMillicores),
];

export const api = { schema, rules };
