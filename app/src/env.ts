import { readFileSync } from 'node:fs';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

/** What a variable means, which values it takes, and whether it must never be printed. */
interface VariableOptions {
  description: string;
  allowed: string;
  default?: unknown;
  secret?: boolean;
}

const port = (options: VariableOptions) => Type.Integer({ minimum: 1, maximum: 65535, ...options });
const count = (minimum: number, options: VariableOptions) => Type.Integer({ minimum, ...options });

/**
 * Every environment variable of the application, under the operations manual's names ("环境配置", "应用优化").
 * A variable K may also be given as K_FILE: the path of a file that holds the value.
 */
const variables = Type.Object({
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://[^:/@\\s]+@[^/@\\s]+/[^/\\s]+$',
    description: 'Where PostgreSQL is, without the password.',
    allowed: 'postgresql://USER@HOST:PORT/DATABASE, with the password in DATABASE_PASSWORD',
  }),
  DATABASE_PASSWORD: Type.String({
    minLength: 1,
    description: 'Password of the user in DATABASE_URL.',
    allowed: 'any text that is not empty',
    secret: true,
  }),
  DATABASE_POOL_SIZE: count(1, {
    description: 'Connections each process keeps open.',
    allowed: 'a whole number from 1',
    default: 5,
  }),
  DATABASE_MAX_OVERFLOW: count(0, {
    description: 'Connections each process may open beyond DATABASE_POOL_SIZE while it is busy.',
    allowed: 'a whole number from 0',
    default: 5,
  }),
  QUEUE_URL: Type.String({
    pattern: '^(rediss?://(\\w+@)?[^:/@\\s]+(:\\d+)?(/\\d+)?|postgres(ql)?://[^:/@\\s]+@[^/@\\s]+/[^/\\s]+)$',
    description: 'Where the job queue is; the scheme chooses between Redis and PostgreSQL.',
    allowed: 'redis://HOST:PORT/DB or postgresql://USER@HOST:PORT/DATABASE, with the password in QUEUE_PASSWORD',
  }),
  QUEUE_PASSWORD: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Password of the job queue.',
      allowed: 'any text that is not empty',
      secret: true,
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://(\\w+@)?[^:/@\\s]+(:\\d+)?(/\\d+)?$',
      description: 'Where the cache is. Without it every answer comes from PostgreSQL.',
      allowed: 'redis://HOST:PORT/DB, with the password in REDIS_PASSWORD',
    }),
  ),
  REDIS_PASSWORD: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Password of the cache.',
      allowed: 'any text that is not empty',
      secret: true,
    }),
  ),
  SECRET_KEY: Type.String({
    minLength: 32,
    description: 'Key under which API keys are hashed. Changing it makes every API key invalid.',
    allowed: 'at least 32 characters',
    secret: true,
  }),
  DEBUG: Type.Boolean({
    description: 'Puts the cause of a server error into the answer. Keep it off outside development.',
    allowed: 'true or false',
    default: false,
  }),
  LOG_LEVEL: Type.String({
    pattern: '^([Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr])$',
    description: 'Least severe log record that is written.',
    allowed: 'DEBUG, INFO, WARNING or ERROR',
    default: 'INFO',
  }),
  HTTP_HOST: Type.String({
    minLength: 1,
    description: 'Address the API and the metrics listen on.',
    allowed: 'an IP address or a host name',
    default: '0.0.0.0',
  }),
  HTTP_PORT: port({
    description: 'Port of the API.',
    allowed: 'a port from 1 to 65535',
    default: 8000,
  }),
  METRICS_PORT: port({
    description: 'Port of /metrics and of the health endpoints; never to be exposed outside.',
    allowed: 'a port from 1 to 65535',
    default: 8001,
  }),
  PROMETHEUS_ENABLED: Type.Boolean({
    description: 'Serves /metrics on METRICS_PORT.',
    allowed: 'true or false',
    default: true,
  }),
  CELERY_WORKER_CONCURRENCY: count(1, {
    description: 'Jobs one worker runs at a time.',
    allowed: 'a whole number from 1',
    default: 4,
  }),
  CELERY_TASK_SOFT_TIME_LIMIT: count(1, {
    description: 'Seconds after which a running job is asked to stop.',
    allowed: 'a whole number of seconds from 1',
    default: 300,
  }),
});

export type Environment = Static<typeof variables>;
export type Variable = keyof Environment;

const database = ['DATABASE_URL', 'DATABASE_PASSWORD'] as const;
const pool = [...database, 'DATABASE_POOL_SIZE', 'DATABASE_MAX_OVERFLOW'] as const;
const queue = ['QUEUE_URL', 'QUEUE_PASSWORD'] as const;
const cache = ['REDIS_URL', 'REDIS_PASSWORD'] as const;
const operations = ['LOG_LEVEL', 'HTTP_HOST', 'METRICS_PORT', 'PROMETHEUS_ENABLED'] as const;

const roleVariables = {
  api: [...pool, ...queue, ...cache, ...operations, 'SECRET_KEY', 'DEBUG', 'HTTP_PORT'],
  worker: [...pool, ...queue, ...cache, ...operations, 'CELERY_WORKER_CONCURRENCY', 'CELERY_TASK_SOFT_TIME_LIMIT'],
  scheduler: [...pool, ...queue, ...operations],
  migrate: [...database, ...queue],
  maintain: [...database],
  import: [...database, ...cache],
  apikey: [...database, 'SECRET_KEY'],
  healthcheck: ['METRICS_PORT'],
} as const satisfies Record<string, readonly Variable[]>;

/** A way to run the application: a long-running process or a one-off command. */
export type Role = keyof typeof roleVariables;
export type EnvironmentOf<R extends Role> = Pick<Environment, (typeof roleVariables)[R][number]>;

const properties: Record<Variable, TSchema & Partial<VariableOptions>> = variables.properties;
const isRequired = (key: Variable) =>
  variables.required.includes(key as never) && properties[key].default === undefined;

/** The variables of each role: those it cannot start without, and those it reads when they are set. */
export const environmentKeys = Object.fromEntries(
  Object.entries(roleVariables).map(([role, keys]) => [
    role,
    { required: keys.filter(isRequired), optional: keys.filter((key) => !isRequired(key)) },
  ]),
) as Record<Role, { required: Variable[]; optional: Variable[] }>;

/** One line per variable, for documentation. */
export const environmentReference = (Object.keys(properties) as Variable[]).map((key) => ({
  key,
  description: properties[key].description,
  allowed: properties[key].allowed,
  default: properties[key].default,
  roles: (Object.keys(roleVariables) as Role[]).filter((role) =>
    (roleVariables[role] as readonly string[]).includes(key),
  ),
}));

/** The environment lacks a variable or holds one that is not allowed; the message lists every such variable. */
export class EnvironmentError extends Error {}

const booleans: Record<string, boolean> = { true: true, false: false };

/** The text as the type of the variable; where it has none of its values, something the schema refuses. */
function valueOf(schema: TSchema & { type?: string }, text: string): unknown {
  if (schema.type === 'integer') return Number(text);
  if (schema.type === 'boolean') return booleans[text.toLowerCase()];
  return text;
}

const withoutPassword = (value: string) => value.replace(/(:\/\/[^:/@]*):[^@]*@/, '$1:***@');

/**
 * Reads the variables of one role.
 *
 * @throws EnvironmentError naming every missing or wrong variable, its value (secrets masked) and what is allowed
 */
export function readEnvironment<R extends Role>(
  role: R,
  source: Record<string, string | undefined> = process.env,
): EnvironmentOf<R> {
  const problems: string[] = [];
  const environment: Record<string, unknown> = {};
  for (const key of roleVariables[role]) {
    const schema = properties[key];
    const refuse = (reason: string) => problems.push(`${key}: ${reason}; allowed: ${schema.allowed}`);
    const fileName = source[`${key}_FILE`];
    if (source[key] && fileName) {
      problems.push(`${key}: set both directly and through ${key}_FILE; keep one of them`);
      continue;
    }
    let text = source[key];
    if (fileName) {
      try {
        text = readFileSync(fileName, 'utf8').replace(/\r?\n$/, '');
      } catch (error) {
        refuse(`cannot read ${key}_FILE '${fileName}' (${(error as NodeJS.ErrnoException).code})`);
        continue;
      }
    }
    // Compose files and CI set unset variables to '', so an empty one counts as missing.
    if (!text) {
      if (isRequired(key)) refuse('is not set');
      else if (schema.default !== undefined) environment[key] = schema.default;
      continue;
    }
    const value = valueOf(schema, text);
    if (Value.Check(schema, value)) environment[key] = value;
    else refuse(`got '${schema.secret ? '***' : withoutPassword(text)}'`);
  }
  if (problems.length > 0) {
    throw new EnvironmentError(`the environment of '${role}' is not usable:\n  ${problems.join('\n  ')}`);
  }
  return environment as EnvironmentOf<R>;
}
