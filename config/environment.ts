import { z } from 'zod';
import { ConfigurationError } from './configuration-error';

/** The environments that exist; asking for another name is an error that lists these. */
export const environmentNames = ['local', 'dev', 'staging', 'production'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** Open connections at which DatabaseConnectionHigh fires (manual: 告警规则); the pools together stay below it. */
export const databaseConnectionAlert = 80;

/** How a stateful component is run: our own container, or an existing engine's operator behind the same interface. */
const topology = z.enum(['bundled', 'operator']);

const dnsLabel = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/, 'a DNS label: lower-case letters, digits and "-", at most 40 characters');
const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'a lower-case host name');
/** An image's name without tag; the registry may have a port. @see https://distribution.github.io/distribution/spec */
const repository = z
  .string()
  .regex(
    /^([a-z0-9]([-.a-z0-9]*[a-z0-9])?(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    'the name of an image: lower-case, parts separated by "/", without tag',
  );
/** A registry, and a path in it where it has one. */
const registry = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/, 'a registry: host, port, path');
/** A tag that is also a label value; `latest` would be another image tomorrow. */
const tag = z
  .string()
  .regex(/^(?!latest$)[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, 'an image tag of at most 63 characters, never "latest"');
/** Some addresses, not all: who believes everybody's X-Forwarded-For counts nobody. */
const addresses = z
  .string()
  .refine(
    (text) => z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success && !text.endsWith('/0'),
    'addresses as CIDR, not all of them, e.g. 10.0.0.0/8',
  );
const replicas = z.int().min(1).max(50);

const size = {
  /** CPU request and limit, in thousandths of a core. */
  cpuMillicores: z.int().min(10).max(64_000),
  /** Memory request and limit, in MiB. */
  memoryMiB: z.int().min(32).max(262_144),
};

/** Either a fixed number of replicas or a range that a HorizontalPodAutoscaler moves in. */
const scale = z.union([
  z.strictObject({ replicas }),
  z.strictObject({ minReplicas: replicas, maxReplicas: replicas, cpuPercent: z.int().min(10).max(95) }),
]);

/** Connections one process may open: `size` kept, `maxOverflow` more under load (DATABASE_POOL_SIZE, _MAX_OVERFLOW). */
const databasePool = z.strictObject({ size: z.int().min(1).max(100), maxOverflow: z.int().min(0).max(100) });

const state = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('local') }),
  z.strictObject({ type: z.literal('kubernetes'), namespace: dnsLabel }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: z.string().min(3, 'a text of 3 characters or more'),
    region: z.string().min(1, 'a text that is not empty'),
    /** Path of an S3-compatible store; AWS when left out. */
    endpoint: z.url('an http or https URL').optional(),
  }),
]);

const schema = z.strictObject({
  name: z.enum(environmentNames),
  target: z.enum(['docker', 'kubernetes']),
  /** Kubernetes namespace of the data and application stacks. */
  namespace: dnsLabel,
  /** The kubeconfig context that may be changed; any context when left out. */
  kubernetesContext: z.string().min(1, 'a text that is not empty').optional(),
  /** Registry of every image whose name does not say its own, e.g. registry.example.com/mirror. @default - Docker Hub */
  imageRegistry: registry.optional(),
  image: z.strictObject({
    repository,
    /** What the image is called when it has no digest; its version label otherwise. */
    tag,
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits')
      .optional(),
    pullPolicy: z.enum(['Always', 'IfNotPresent']),
    /** Built from app/ by the same apply, instead of pulled. */
    build: z.boolean(),
  }),
  hosts: z.array(hostname).min(1, 'one host name or more'),
  state,
  /** Terraform refuses to destroy volumes and their secrets. */
  deletionProtection: z.boolean(),
  retention: z.strictObject({
    /** How long the result of a finished job can be asked for (CELERY_RESULT_EXPIRES). */
    jobResultDays: z.int().min(1).max(365),
  }),
  logLevel: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']),
  quota: z.strictObject({
    cpuMillicores: z.int().min(100),
    memoryMiB: z.int().min(256),
    storageGiB: z.int().min(1),
    pods: z.int().min(1),
  }),
  postgres: z.strictObject({ topology, storageGiB: z.int().min(1), ...size }),
  cache: z.strictObject({ topology, ...size }),
  queue: z.strictObject({ topology, storageGiB: z.int().min(1), ...size }),
  api: z.strictObject({ scale, databasePool, ...size }),
  worker: z.strictObject({
    scale,
    databasePool,
    ...size,
    /** Jobs one process runs at a time (CELERY_WORKER_CONCURRENCY). */
    concurrency: z.int().min(1).max(64),
    /** After this a job is asked to stop (CELERY_TASK_SOFT_TIME_LIMIT). */
    softTimeLimitSeconds: z.int().min(1).max(86_400),
  }),
  /** Where market data comes from. A source needs its token too, or its URL where it has none. */
  sources: z.strictObject({
    /** The order in which sources are asked, with exceptions for single datasets (SOURCE_PRIORITY). */
    priority: z
      .string()
      .regex(
        /^(tushare|akshare|wind|sample)(,(tushare|akshare|wind|sample))*(; *[a-z_]+=[a-z,]+)*$/,
        'sources in order, of tushare, akshare, wind, sample, then exceptions as "; dataset=sources"',
      ),
    tushareUrl: z.url('an http or https URL').default('http://api.tushare.pro'),
    /** AKTools, which serves AKShare over HTTP. */
    aktoolsUrl: z.url('an http or https URL').optional(),
    /** The DIRestPlus gateway of a Wind terminal. */
    windUrl: z.url('an http or https URL').optional(),
    /** Raise it to have the tokens written again. */
    credentialsRevision: z.int().min(1).default(1),
  }),
  scheduler: z.strictObject({ databasePool, ...size }),
  maintenance: z.strictObject(size),
  gateway: z.strictObject({
    scale,
    ...size,
    /** Addresses of what stands before it, e.g. an ingress: its X-Forwarded-For says who the client is. */
    trustedProxies: z.array(addresses).default([]),
    /** Port on 127.0.0.1 of the machine; Docker only. */
    localPort: z.int().min(1).max(65_535).optional(),
  }),
});

export type EnvironmentConfig = z.output<typeof schema>;
export type EnvironmentInput = z.input<typeof schema>;
export type Scale = z.output<typeof scale>;

/**
 * Checks one environment against the schema and the rules between its values.
 * @throws ConfigurationError listing every problem at once: path, value, what is allowed.
 */
export function defineEnvironment(input: EnvironmentInput): EnvironmentConfig {
  const parsed = schema.safeParse(input);
  const problems = parsed.success
    ? brokenRules(parsed.data)
    : parsed.error.issues.flatMap((issue) => explain(issue, input));
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigurationError(
      `environment ${show(input?.name)}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return deepFreeze(parsed.data);
}

/** The most replicas a component can have. */
export const maxReplicas = (scale: Scale): number => ('replicas' in scale ? scale.replicas : scale.maxReplicas);
/** The fewest replicas a component can have. */
export const minReplicas = (scale: Scale): number => ('replicas' in scale ? scale.replicas : scale.minReplicas);

/** What no single field can say: rules between fields, per target and per environment. */
function brokenRules(config: EnvironmentConfig): string[] {
  const rules: Array<[broken: boolean, path: string, got: unknown, allowed: string]> = [];
  for (const component of ['postgres', 'cache', 'queue'] as const) {
    const { topology } = config[component];
    rules.push([topology === 'operator', `${component}.topology`, topology, '"bundled" ("operator" is not built yet)']);
  }
  for (const component of ['api', 'worker', 'gateway'] as const) {
    const { scale } = config[component];
    rules.push([
      minReplicas(scale) > maxReplicas(scale),
      `${component}.scale.minReplicas`,
      minReplicas(scale),
      `at most maxReplicas, ${maxReplicas(scale)}`,
    ]);
    if (config.target === 'docker') {
      rules.push([
        maxReplicas(scale) > 1,
        `${component}.scale`,
        scale,
        '{ replicas: 1 } (one container each on Docker)',
      ]);
    }
    if (config.name === 'production') {
      const why = 'one keeps serving while another restarts';
      rules.push([minReplicas(scale) < 2, `${component}.scale`, scale, `2 replicas or more in production (${why})`]);
    }
  }
  if (config.target === 'docker') {
    rules.push([config.state.type !== 'local', 'state.type', config.state.type, '"local" on Docker']);
    rules.push([
      config.gateway.localPort === undefined,
      'gateway.localPort',
      undefined,
      'a port on 127.0.0.1, e.g. 8080',
    ]);
  } else {
    rules.push([
      config.state.type === 'local',
      'state.type',
      'local',
      '"kubernetes" or "s3": a shared state with a lock',
    ]);
    rules.push([config.image.build, 'image.build', true, 'false: a cluster pulls its image']);
  }
  if (config.name === 'production') {
    rules.push([!config.image.digest, 'image.digest', config.image.digest, 'a sha256 digest in production']);
    rules.push([!config.deletionProtection, 'deletionProtection', config.deletionProtection, 'true in production']);
  }
  const connections =
    maxReplicas(config.api.scale) * poolMax(config.api) +
    maxReplicas(config.worker.scale) * poolMax(config.worker) +
    poolMax(config.scheduler);
  rules.push([
    connections >= databaseConnectionAlert,
    '*.databasePool',
    connections,
    `fewer than ${databaseConnectionAlert} connections over all replicas, where DatabaseConnectionHigh fires`,
  ]);
  return rules.filter(([broken]) => broken).map(([, path, got, allowed]) => problem(path, got, allowed));
}

const poolMax = ({ databasePool }: { databasePool: { size: number; maxOverflow: number } }) =>
  databasePool.size + databasePool.maxOverflow;

/** One line per schema violation, in the same form as the rules' lines. */
function explain(issue: z.core.$ZodIssue, input: unknown): string[] {
  const path = issue.path.join('.') || '(the whole environment)';
  const got = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown key; remove it or correct its name`);
    case 'invalid_value':
      return [problem(path, got, issue.values.map(show).join(', '))];
    case 'invalid_union':
      return [problem(path, got, unionMeaning(issue))];
    case 'invalid_format':
      return [problem(path, got, issue.message)];
    case 'too_small':
      return [
        problem(
          path,
          got,
          issue.origin === 'number' || issue.origin === 'int' ? `${issue.minimum} or more` : issue.message,
        ),
      ];
    case 'too_big':
      return [problem(path, got, `${issue.maximum} or less`)];
    case 'invalid_type':
      return [
        problem(path, got, /int|number/.test(issue.expected) ? 'a whole number' : `a value of type ${issue.expected}`),
      ];
    default:
      return [problem(path, got, issue.message)];
  }
}

const unionMeaning = (issue: z.core.$ZodIssueInvalidUnion) =>
  issue.discriminator
    ? `${issue.discriminator} one of "local", "kubernetes", "s3", with the fields of that type`
    : '{ replicas: 1..50 } or { minReplicas: 1..50, maxReplicas: 1..50, cpuPercent: 10..95 }';

const problem = (path: string, got: unknown, allowed: string) => `${path}: got ${show(got)}, allowed: ${allowed}`;

const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
