import { z } from 'zod';
import { checked } from './checked';
import { api } from './components/api';
import { backup } from './components/backup';
import { cache } from './components/cache';
import { exposure } from './components/exposure';
import { gateway } from './components/gateway';
import { logging } from './components/logging';
import { maintenance } from './components/maintenance';
import { observability } from './components/observability';
import { postgres } from './components/postgres';
import { queue } from './components/queue';
import { scheduler } from './components/scheduler';
import { sources } from './components/sources';
import { worker } from './components/worker';
import { connectionRules } from './database-connections';
import { estateRules } from './estate-rules';
import { hostname, serviceUrl } from './fields';
import { place, placeRules } from './place';
import type { Rule } from './rule';

const schema = z.strictObject({
  ...place,
  /** Names under which the gateway answers. */
  hosts: z.array(hostname).min(1, 'one host name or more'),
  logLevel: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']),
  /** Where the application sends traces, by OTLP over HTTP. @default - nothing is traced */
  tracing: z.strictObject({ endpoint: serviceUrl }).optional(),
  retention: z.strictObject({
    /** How long the result of a finished job can be asked for (CELERY_RESULT_EXPIRES). */
    jobResultDays: z.int().min(1).max(365),
  }),
  postgres: postgres.schema,
  cache: cache.schema,
  queue: queue.schema,
  api: api.schema,
  worker: worker.schema,
  scheduler: scheduler.schema,
  maintenance: maintenance.schema,
  gateway: gateway.schema,
  /** How those outside reach the gateway. @default - they do not */
  exposure: exposure.schema,
  sources: sources.schema,
  /** Copies of the database, and the way back. @default - there are none, and no stack `backup` is there */
  backup: backup.schema.optional(),
  observability: observability.schema,
  /** @default - logs stay where they are written, and no stack `logging` is there */
  logging: logging.schema.optional(),
});

const rules: ReadonlyArray<(config: EnvironmentConfig) => Rule[]> = [
  postgres.rules,
  backup.rules,
  cache.rules,
  queue.rules,
  api.rules,
  worker.rules,
  gateway.rules,
  exposure.rules,
  observability.rules,
  logging.rules,
  placeRules,
  estateRules,
  connectionRules,
];

export type EnvironmentConfig = z.output<typeof schema>;
export type EnvironmentInput = z.input<typeof schema>;

/**
 * Checks one environment against the schema and the rules between its values.
 * @throws ConfigurationError listing every problem at once: path, value, what is allowed.
 */
export function defineEnvironment(input: EnvironmentInput): EnvironmentConfig {
  return checked(schema, rules, input);
}
