import { datasets } from '../market/dataset';
import { sourceVariables } from '../sources/configured-sources';
import { parseSourcePriority, type SourcePriority } from '../sources/priority';
import { sourceNames } from '../sources/source';
import { everyAddress } from './listen';
import { EnvironmentError, readVariables, withoutPassword } from './read-variables';
import type { Certificates } from './tls';
import {
  address,
  boolean,
  certificates,
  count,
  type Definition,
  httpUrl,
  matching,
  type Necessity,
  networks,
  optional,
  origins,
  type Password,
  password,
  port,
  required,
  type Type,
  text,
  type ValueOf,
  withDefault,
  withDefaultText,
} from './variable';

const sourcePriority: Type<SourcePriority> = {
  allowed: `sources in order, of ${sourceNames.join(', ')}, then exceptions as DATASET=SOURCES; datasets: ${datasets.join(', ')}`,
  read: parseSourcePriority,
};

const secretKey = { ...matching(/^.{32,}$/s, 'at least 32 characters'), secret: true };

const postgresUrl =
  /^postgres(ql)?:\/\/[^:/@\s?#]+@[^/@\s?#,]+\/[^/\s?#]+(\?sslmode=(disable|require|verify-ca|verify-full))?$/;
const postgresUrlForm =
  'postgresql://USER@HOST:PORT/DATABASE, then ?sslmode=disable (as without it), require, verify-ca or verify-full and nothing else';
const redisUrl = /^rediss?:\/\/([\w-]+@)?[^:/@\s]+(:\d+)?(\/\d+)?$/;
const redisUrlForm = 'redis://HOST:PORT/DB, rediss:// with TLS';

/**
 * Every environment variable of the application, under the operations manual's names (2.3, 7.2).
 * A variable K may also be given as K_FILE: the path of a file that holds the value. Passwords and the certificates of CAs
 * are read from there again at each new connection.
 */
export const variables = {
  DATABASE_URL: required(
    address(postgresUrl, `${postgresUrlForm}; the password in DATABASE_PASSWORD, a CA in DATABASE_CA`),
    'Where PostgreSQL is, without the password.',
  ),
  DATABASE_PASSWORD: required(password, 'Password of the user in DATABASE_URL.'),
  DATABASE_CA: optional(
    certificates,
    'CAs by which the certificate of PostgreSQL is checked, instead of those that Node.js trusts.',
  ),
  DATABASE_POOLED: withDefault(
    boolean,
    false,
    'Whether DATABASE_URL leads to a pooler in transaction mode, as PgBouncer. Nothing is then kept in a session.',
  ),
  DATABASE_POOL_SIZE: withDefault(count(1), 5, 'Connections each process keeps open.'),
  DATABASE_MAX_OVERFLOW: withDefault(
    count(0),
    5,
    'Connections each process may open beyond DATABASE_POOL_SIZE while it is busy.',
  ),
  QUEUE_URL: required(
    address(
      new RegExp(`${postgresUrl.source}|${redisUrl.source}`),
      `${redisUrlForm}, or ${postgresUrlForm}; the password in QUEUE_PASSWORD, a CA in QUEUE_CA`,
    ),
    'Where the job queue is; the scheme chooses between Redis and PostgreSQL. Never a pooler in transaction mode.',
  ),
  QUEUE_PASSWORD: optional(password, 'Password of the job queue.'),
  QUEUE_CA: optional(
    certificates,
    'CAs by which the certificate of the job queue is checked, instead of those that Node.js trusts.',
  ),
  REDIS_URL: optional(
    address(redisUrl, `${redisUrlForm}; the password in REDIS_PASSWORD, a CA in REDIS_CA`),
    'Where the cache is. Without it every answer comes from PostgreSQL.',
  ),
  REDIS_PASSWORD: optional(password, 'Password of the cache.'),
  REDIS_CA: optional(
    certificates,
    'CAs by which the certificate of the cache is checked, instead of those that Node.js trusts.',
  ),
  SECRET_KEY: required(
    secretKey,
    'Key under which API keys are hashed. Changing it makes every API key invalid, unless FORMER_SECRET_KEY has the one before.',
  ),
  FORMER_SECRET_KEY: optional(
    secretKey,
    'The SECRET_KEY before: an API key that is used while it is given is from then on hashed under the present one.',
  ),
  DEBUG: withDefault(
    boolean,
    false,
    'Puts the cause of a server error into the answer. Keep it off outside development.',
  ),
  LOG_LEVEL: withDefault(
    matching(/^(debug|info|warning|error)$/i, 'DEBUG, INFO, WARNING or ERROR'),
    'INFO',
    'Least severe log record that is written.',
  ),
  HTTP_HOST: withDefault(
    text,
    everyAddress,
    'Address the API and the metrics listen on; :: is every one of IPv6 and IPv4, or of IPv4 where there is no IPv6.',
  ),
  HTTP_PORT: withDefault(port, 8000, 'Port of the API.'),
  METRICS_PORT: withDefault(port, 8001, 'Port of /metrics and of the health endpoints; never to be exposed outside.'),
  PROMETHEUS_ENABLED: withDefault(boolean, true, 'Serves /metrics on METRICS_PORT.'),
  CELERY_WORKER_CONCURRENCY: withDefault(count(1), 4, 'Jobs one worker runs at a time.'),
  CELERY_TASK_SOFT_TIME_LIMIT: withDefault(count(1), 300, 'Seconds after which a running job is asked to stop.'),
  CELERY_TASK_TIME_LIMIT: withDefault(
    count(1),
    360,
    'Seconds after which a job that did not stop when asked is given up; above CELERY_TASK_SOFT_TIME_LIMIT.',
  ),
  CELERY_RESULT_EXPIRES: withDefault(
    count(60),
    86_400,
    'Seconds after which the nightly upkeep forgets a finished job and its result.',
  ),
  CACHE_TTL_REALTIME_DATA: withDefault(count(1), 60, 'Seconds for which an answer about the current session is kept.'),
  CACHE_TTL_DAILY_DATA: withDefault(count(1), 3_600, 'Seconds for which an answer that includes today is kept.'),
  CACHE_TTL_HISTORICAL_DATA: withDefault(count(1), 86_400, 'Seconds for which an answer about past days is kept.'),
  TRUSTED_PROXIES: optional(
    networks,
    'Addresses of what stands before the API, whose X-Forwarded-For says who the client is. Without it the connection does.',
  ),
  API_REQUESTS_PER_MINUTE: withDefault(
    count(1),
    60_000,
    'Requests one API key may make in a minute at one process, where the key has no limit of its own.',
  ),
  API_UNFINISHED_JOBS_PER_KEY: withDefault(
    count(1),
    5_000,
    'Unfinished jobs that one API key may have, the parts of backfills counted.',
  ),
  API_UNFINISHED_JOBS: withDefault(
    count(1),
    50_000,
    'Unfinished jobs above which no API key may hand in more, the parts of backfills counted.',
  ),
  CORS_ALLOWED_ORIGINS: optional(
    origins,
    "Origins whose pages may ask the API from a browser. Without it no page but the API's own may.",
  ),
  SOURCE_PRIORITY: withDefaultText(
    sourcePriority,
    'tushare,akshare,wind',
    'Which sources are asked for each dataset: the next one where the one before does not have it or does not answer.',
  ),
  SOURCE_TIMEOUT: withDefault(count(1), 30, 'Seconds one request to a source may take.'),
  ...sourceVariables,
  LOG_DIR: optional(text, 'Folder for log files besides standard output: rotated every day, 30 kept, compressed.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    httpUrl,
    'Where traces are sent, by OTLP over HTTP. Without it nothing is traced.',
  ),
};

export type Environment = { [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };
export type Variable = keyof Environment;
export { EnvironmentError };

const database = ['DATABASE_URL', 'DATABASE_PASSWORD', 'DATABASE_CA', 'DATABASE_POOLED'] as const;
const pool = [...database, 'DATABASE_POOL_SIZE', 'DATABASE_MAX_OVERFLOW'] as const;
const queue = ['QUEUE_URL', 'QUEUE_PASSWORD', 'QUEUE_CA'] as const;
const cache = ['REDIS_URL', 'REDIS_PASSWORD', 'REDIS_CA'] as const;
const cacheLifetimes = ['CACHE_TTL_REALTIME_DATA', 'CACHE_TTL_DAILY_DATA', 'CACHE_TTL_HISTORICAL_DATA'] as const;
const sources = [
  'SOURCE_PRIORITY',
  'SOURCE_TIMEOUT',
  ...(Object.keys(sourceVariables) as (keyof typeof sourceVariables)[]),
] as const;
const operations = [
  'LOG_DIR',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
  'HTTP_HOST',
  'METRICS_PORT',
  'PROMETHEUS_ENABLED',
] as const;

const roleVariables = {
  api: [
    ...pool,
    ...queue,
    ...cache,
    ...operations,
    ...cacheLifetimes,
    'SECRET_KEY',
    'FORMER_SECRET_KEY',
    'DEBUG',
    'HTTP_PORT',
    'TRUSTED_PROXIES',
    'API_REQUESTS_PER_MINUTE',
    'API_UNFINISHED_JOBS_PER_KEY',
    'API_UNFINISHED_JOBS',
    'CORS_ALLOWED_ORIGINS',
    'SOURCE_PRIORITY',
  ],
  worker: [
    ...pool,
    ...queue,
    ...cache,
    ...operations,
    ...sources,
    'CELERY_WORKER_CONCURRENCY',
    'CELERY_TASK_SOFT_TIME_LIMIT',
    'CELERY_TASK_TIME_LIMIT',
  ],
  scheduler: [...pool, ...queue, ...operations],
  migrate: [...database, ...queue],
  database,
  maintain: [...database, 'CELERY_RESULT_EXPIRES'],
  import: [...database, ...cache, 'SOURCE_PRIORITY'],
  client: [...database, ...queue],
  export: [...database, 'SOURCE_PRIORITY'],
  doctor: [...database, ...queue, ...cache, ...sources],
  apikey: [...database, 'SECRET_KEY', 'FORMER_SECRET_KEY'],
  healthcheck: ['METRICS_PORT'],
  embedded: sources,
} as const satisfies Record<string, readonly Variable[]>;

/** A way to run the application: a long-running process or a one-off command. */
export type Role = keyof typeof roleVariables;
export type EnvironmentOf<R extends Role> = Pick<Environment, (typeof roleVariables)[R][number]>;

const definitions: Record<
  Variable,
  Definition<Password | Certificates | number | boolean | SourcePriority | readonly string[], Necessity>
> = variables;
const isRequired = (key: Variable) => definitions[key].necessity === 'required';

/** The variables of each role: those it cannot start without, and those it reads when they are set. */
export const environmentKeys = Object.fromEntries(
  Object.entries(roleVariables).map(([role, keys]) => [
    role,
    { required: keys.filter(isRequired), optional: keys.filter((key) => !isRequired(key)) },
  ]),
) as Record<Role, { required: Variable[]; optional: Variable[] }>;

/** Every variable, for documentation. */
export const environmentReference = Object.entries(definitions).map(([key, definition]) => ({
  key,
  description: definition.description,
  allowed: definition.allowed,
  default: definition.defaultText ?? definition.default,
  roles: (Object.keys(roleVariables) as Role[]).filter((role) =>
    (roleVariables[role] as readonly string[]).includes(key),
  ),
}));

/** The password as it is now. */
export const currentPassword = (password: Password | undefined): string | undefined =>
  typeof password === 'function' ? password() : password;

/** The variables of a role as they were given, directly or as K_FILE. */
export function givenVariables(role: Role, source: Record<string, string | undefined> = process.env) {
  const keys = roleVariables[role].flatMap((key) => [key, `${key}_FILE`]);
  return Object.fromEntries(keys.flatMap((key) => (source[key] ? [[key, source[key]]] : []))) as Record<string, string>;
}

/** The folder of the embedded product, where it is not the usual one. */
export const givenFolder = (): string | undefined => process.env.STOCK_FOLDER;

/** Takes the variables as if they had been given, unless what they lead to is given otherwise. */
export function offerVariables(offered: Readonly<Record<string, string>>): void {
  const isGiven = (key: string) => Boolean(process.env[key] || process.env[`${key}_FILE`]);
  const leading = ['DATABASE_URL', 'DATABASE_PASSWORD', 'QUEUE_URL', 'QUEUE_PASSWORD', 'REDIS_URL', 'SECRET_KEY'];
  // Half of one installation and half of another would do harm.
  if (leading.some(isGiven)) return;
  for (const [key, value] of Object.entries(offered)) {
    if (!isGiven(key.replace(/_FILE$/, ''))) process.env[key] = value;
  }
}

/** A CA for a connection that checks no certificate, and a check that anybody passes. */
function tlsProblems(environment: Partial<Environment>): string[] {
  const servers = [
    ['DATABASE', environment.DATABASE_URL, environment.DATABASE_CA],
    ['QUEUE', environment.QUEUE_URL, environment.QUEUE_CA],
    ['REDIS', environment.REDIS_URL, environment.REDIS_CA],
  ] as const;
  return servers.flatMap(([name, url = '', ca]) => {
    if (ca && !/^rediss:|sslmode=verify-/.test(url)) {
      return `${name}_CA: no certificate is checked at '${withoutPassword(url)}'; allowed: where ${name}_URL has sslmode=verify-full, or begins with rediss://`;
    }
    if (!ca && url.endsWith('sslmode=verify-ca')) {
      return `${name}_URL: got sslmode=verify-ca without ${name}_CA, with which every server of a public CA would pass; allowed: sslmode=verify-full`;
    }
    return [];
  });
}

/**
 * Reads the variables of one role.
 *
 * @throws EnvironmentError naming every missing or wrong variable, its value (secrets masked) and what is allowed
 */
export function readEnvironment<R extends Role>(
  role: R,
  source: Record<string, string | undefined> = process.env,
): EnvironmentOf<R> {
  const { values: environment, problems } = readVariables(definitions, roleVariables[role], source);
  problems.push(...tlsProblems(environment));
  const { CELERY_TASK_SOFT_TIME_LIMIT: softLimit, CELERY_TASK_TIME_LIMIT: hardLimit } =
    environment as Partial<Environment>;
  if (softLimit && hardLimit && hardLimit <= softLimit) {
    problems.push(
      `CELERY_TASK_TIME_LIMIT: got '${hardLimit}'; allowed: above CELERY_TASK_SOFT_TIME_LIMIT, which is ${softLimit}`,
    );
  }
  if (problems.length > 0) {
    throw new EnvironmentError(`the environment of '${role}' is not usable:\n  ${problems.join('\n  ')}`);
  }
  return environment as EnvironmentOf<R>;
}
