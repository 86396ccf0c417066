import type { EnvironmentConfig, EnvironmentInput } from './environment';

export interface Preview {
  /** A DNS label; its namespace is named after it. */
  readonly name: string;
  /** How long it is wanted. */
  readonly hours: number;
}

/**
 * An environment like another, for a while: in a namespace of its own, with development's rules, nothing in it protected, no copies made, reached by nobody outside,
 * and telling nobody of its alerts. For a file of config/environments: `export default defineEnvironment(previewOf(dev, { name: 'pr-7', hours: 48 }))`.
 */
export const previewOf = (base: EnvironmentConfig, { name, hours }: Preview): EnvironmentInput => ({
  ...base,
  name,
  namespace: `${base.namespace}-${name}`,
  tier: 'development',
  deletionProtection: false,
  lifetimeHours: hours,
  backup: undefined,
  exposure: { type: 'internal' },
  observability: silent(base.observability),
});

/** Neither a person nor the heartbeat of the one that it is like is to hear of it. */
const silent = (observability: EnvironmentConfig['observability']): EnvironmentInput['observability'] =>
  observability && observability.topology !== 'existing' ? { ...observability, notifications: {} } : observability;
