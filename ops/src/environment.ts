import path from 'node:path';
import { variables as application } from '../../app/src/runtime/env';
import { EnvironmentError, type Given, readVariables } from '../../app/src/runtime/read-variables';
import {
  count,
  type Definition,
  matching,
  type Necessity,
  optional,
  required,
  secret,
  type Type,
  text,
  type ValueOf,
  wholeNumber,
  withDefault,
} from '../../app/src/runtime/variable';
import { homeFolder } from './user';

const { DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA, SECRET_KEY, FORMER_SECRET_KEY, HTTP_HOST, METRICS_PORT } =
  application;

const recipientForm = /^age1[02-9ac-hj-np-z]{58}$/;

/** One recipient alone would be one lost key away from no copy at all. */
const recipients: Type<readonly string[]> = {
  allowed: 'public keys of age (age1…), two or more, separated by commas',
  read: (given) => {
    const keys = given.split(',').map((key) => key.trim());
    const areUsable = keys.every((key) => recipientForm.test(key)) && new Set(keys).size === keys.length;
    return areUsable && keys.length >= 2 ? keys : undefined;
  },
};

/** Given to a command that another `stockops` begins where the environment runs. */
export const setByWhoWaits = 'STOCKOPS_UNTIL_INPUT_ENDS';

const schedule = matching(/^(\S+ ){4}\S+$/, "five fields of cron, in Shanghai's time, such as 30 2 * * *");

/** Below the user's own folder unless it is set; who has none has to set it. */
function ofUser(type: Type<string>, below: string, description: string): Definition<string, 'required' | 'default'> {
  const home = homeFolder();
  return home === undefined ? required(type, description) : withDefault(type, path.join(home, below), description);
}

/** Every environment variable of stockops; K may be given as K_FILE, as the application takes them. */
const variables = {
  STOCK_ENVIRONMENT: required(
    matching(/^[a-z][a-z0-9-]{0,40}$/, 'the name of an environment: lower-case letters, digits and "-"'),
    'Name of the environment whose database it is. Copies carry it, and a restore asks for it.',
  ),
  DATABASE_URL,
  DATABASE_PASSWORD,
  DATABASE_CA,
  SECRET_KEY: optional(SECRET_KEY, 'Key under which API keys are hashed; copies carry its fingerprint, never the key.'),
  FORMER_SECRET_KEY,
  BACKUP_METHOD: withDefault(
    matching(/^(pg_dump|copy)$/, 'pg_dump, or copy: with COPY, where there is no pg_dump of the server’s version'),
    'pg_dump',
    'How the database is read: by pg_dump of its own major version, or by COPY.',
  ),
  BACKUP_STORE: required(
    matching(
      /^(\/.+|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._/-]*)?)$/,
      'an absolute path, or s3://BUCKET/PREFIX',
    ),
    'Where copies are kept.',
  ),
  BACKUP_S3_ENDPOINT: optional(
    matching(/^https?:\/\/[^\s/?#@]+$/, 'https://HOST or http://HOST:PORT'),
    'Server of an S3-compatible store, which is asked by path. Without it, that of AWS.',
  ),
  BACKUP_S3_REGION: withDefault(text, 'us-east-1', 'Region of the bucket.'),
  BACKUP_S3_ACCESS_KEY: optional(text, 'Access key of the bucket.'),
  BACKUP_S3_SECRET_KEY: optional(secret, 'Secret key of the bucket.'),
  BACKUP_S3_CA: optional(application.DATABASE_CA, 'CAs by which the certificate of BACKUP_S3_ENDPOINT is checked.'),
  BACKUP_WORK: required(
    matching(/^\/.+/, 'an absolute path'),
    'Folder for what is under way: drills, unfinished copies.',
  ),
  BACKUP_JOBS: withDefault(wholeNumber(1, 16, 'a whole number from 1 to 16'), 2, 'Tables that are copied at once.'),
  BACKUP_KEEP_LAST: withDefault(count(3), 3, 'Newest copies that are kept, whatever their age.'),
  BACKUP_KEEP_DAILY: withDefault(count(0), 30, 'Days of which the last copy is kept (manual 3.4: 30 days).'),
  BACKUP_KEEP_WEEKLY: withDefault(count(0), 8, 'Weeks of which the last copy is kept.'),
  BACKUP_KEEP_MONTHLY: withDefault(count(0), 12, 'Months of which the last copy is kept.'),
  BACKUP_AGE_RECIPIENTS: optional(recipients, 'Who can read the copies. Without it they are not encrypted.'),
  BACKUP_AGE_IDENTITY: optional(
    { ...matching(/^AGE-SECRET-KEY-1[A-Z0-9]+$/, 'a private key of age, AGE-SECRET-KEY-1…'), secret: true },
    'Private key of one of the recipients: what verifies, restores and drills encrypted copies.',
  ),
  BACKUP_CONFIGURATION: optional(text, "Folder with the environment's configuration, copied along."),
  BACKUP_LOGS: optional(text, 'Folder with log files, copied along.'),
  BACKUP_SCHEDULE: withDefault(schedule, '30 2 * * *', 'When a copy is made.'),
  DRILL_SCHEDULE: withDefault(schedule, '30 4 * * 0', 'When the newest copy is restored into a server of its own.'),
  MAINTENANCE_SCHEDULE: withDefault(schedule, '45 3 * * 6', 'When the weekly upkeep of the database is done.'),
  MONTHLY_MAINTENANCE_SCHEDULE: withDefault(schedule, '0 5 1 * *', 'When the monthly upkeep of the database is done.'),
  KUBE_CONFIG_PATH: optional(
    matching(/^\/.+/, 'an absolute path: Terraform runs in another folder'),
    'The kubeconfig of the cluster, as Terraform reads it.',
  ),
  STOCKOPS_FOLDER: ofUser(
    matching(/^\/.+/, 'an absolute path'),
    path.join('.local', 'state', 'stockops'),
    'Folder of the ledger of what is deployed on a Docker engine; on a machine of several people, one that all of them can write.',
  ),
  STOCK_API_KEY: optional(
    secret,
    'An API key that was valid before: `recover` reads with it at the end. Without it one is made for that, and revoked.',
  ),
  SSH_CONNECTION: optional(text, 'Set by sshd: its port stays open when `host apply` closes the others.'),
  [setByWhoWaits]: optional(
    matching(/^yes$/, 'yes'),
    'Set by a stockops that waits for this one: it stops when its input ends.',
  ),
  BASE_BACKUP_SCHEDULE: optional(schedule, 'When the base of points in time is made. Without it there are none.'),
  HTTP_HOST,
  METRICS_PORT,
};

type Environment = { [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };
type Variable = keyof Environment;

/** What every command on the store needs. */
const store = [
  'STOCK_ENVIRONMENT',
  'BACKUP_STORE',
  'BACKUP_S3_ENDPOINT',
  'BACKUP_S3_REGION',
  'BACKUP_S3_ACCESS_KEY',
  'BACKUP_S3_SECRET_KEY',
  'BACKUP_S3_CA',
  'BACKUP_WORK',
] as const;
const retention = ['BACKUP_KEEP_LAST', 'BACKUP_KEEP_DAILY', 'BACKUP_KEEP_WEEKLY', 'BACKUP_KEEP_MONTHLY'] as const;
const create = [
  ...store,
  'DATABASE_URL',
  'DATABASE_PASSWORD',
  'DATABASE_CA',
  'SECRET_KEY',
  'BACKUP_METHOD',
  'BACKUP_JOBS',
  'BACKUP_AGE_RECIPIENTS',
  'BACKUP_CONFIGURATION',
  'BACKUP_LOGS',
] as const;
const restore = [...create, 'FORMER_SECRET_KEY', 'BACKUP_AGE_IDENTITY'] as const;
const drill = [...store, 'BACKUP_JOBS', 'BACKUP_AGE_IDENTITY'] as const;

const variablesOf = {
  store,
  prune: [...store, ...retention],
  create,
  restore,
  drill,
  host: ['SSH_CONNECTION'],
  maintain: ['DATABASE_URL', 'DATABASE_PASSWORD', 'DATABASE_CA', 'BACKUP_WORK'],
  secrets: ['SECRET_KEY', 'BACKUP_AGE_RECIPIENTS', 'BACKUP_AGE_IDENTITY'],
  shelf: ['STOCKOPS_FOLDER'],
  deploy: ['KUBE_CONFIG_PATH', 'STOCK_API_KEY'],
  recover: [
    'SECRET_KEY',
    'KUBE_CONFIG_PATH',
    'STOCK_API_KEY',
    'BACKUP_AGE_IDENTITY',
    'BACKUP_S3_ENDPOINT',
    'BACKUP_S3_REGION',
    'BACKUP_S3_ACCESS_KEY',
    'BACKUP_S3_SECRET_KEY',
    'BACKUP_S3_CA',
  ],
  serve: [
    ...restore,
    ...retention,
    'BACKUP_SCHEDULE',
    'DRILL_SCHEDULE',
    'MAINTENANCE_SCHEDULE',
    'MONTHLY_MAINTENANCE_SCHEDULE',
    'BASE_BACKUP_SCHEDULE',
    'HTTP_HOST',
    'METRICS_PORT',
  ],
  healthcheck: ['METRICS_PORT'],
  look: ['KUBE_CONFIG_PATH'],
  stopping: [setByWhoWaits],
} as const satisfies Record<string, readonly Variable[]>;

/** What of the environment a command reads. */
export type Purpose = keyof typeof variablesOf;
export type EnvironmentOf<P extends Purpose> = Pick<Environment, (typeof variablesOf)[P][number]>;

const definitions: Record<Variable, Definition<unknown, Necessity>> = variables;

/** The variables of each purpose: those it cannot do without, and those it reads when they are set. */
export const operationsKeys = Object.fromEntries(
  Object.entries(variablesOf).map(([purpose, keys]) => [
    purpose,
    {
      required: keys.filter((key) => definitions[key].necessity === 'required'),
      optional: keys.filter((key) => definitions[key].necessity !== 'required'),
    },
  ]),
) as Record<Purpose, { required: Variable[]; optional: Variable[] }>;

/** Every variable, for `--help`. */
export const operationsReference = Object.entries(definitions).map(([key, { description, allowed }]) => ({
  key,
  description,
  allowed,
}));

/**
 * Reads what a command needs of the environment.
 *
 * @throws EnvironmentError naming every missing or wrong variable, its value (secrets masked) and what is allowed
 */
export function readOperationsEnvironment<P extends Purpose>(
  purpose: P,
  source: Given = process.env,
): EnvironmentOf<P> {
  const { values, problems } = readVariables<Variable>(definitions, variablesOf[purpose], source);
  const { BACKUP_S3_ACCESS_KEY: accessKey, BACKUP_S3_SECRET_KEY: secretKey } = values as Partial<Environment>;
  if (Boolean(accessKey) !== Boolean(secretKey)) {
    problems.push('BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY: one is set; allowed: both, or neither');
  }
  if (problems.length === 0) return values as EnvironmentOf<P>;
  throw new EnvironmentError(`the environment is not usable:\n  ${problems.join('\n  ')}`);
}

/** Whether a variable is set, itself or as the path of a file. */
export const isGiven = (name: string): boolean => Boolean(process.env[name] || process.env[`${name}_FILE`]);

/** Takes variables as if they had been given, unless others are. */
export function offerOperationsVariables(offered: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(offered)) {
    if (!isGiven(key.replace(/_FILE$/, ''))) process.env[key] = value;
  }
}

/** Whether the terminal says that it knows no escape sequences. */
export const isDumbTerminal = (): boolean => process.env.TERM === 'dumb';

/**
 * What somebody has for programs of their own: PGPASSWORD would be read before a file, and by KUBE_HOST, KUBE_CTX or KUBE_TOKEN Terraform
 * would reach another cluster than kubectl, or be somebody else there.
 */
const ofTheirOwn = /^(PG|KUBE_)/;

/** The environment that a program starts with: this one's, what it reads beside it, and the kubeconfig, also where that was given by a file. */
export function programEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { KUBE_CONFIG_PATH } = readVariables<Variable>(definitions, ['KUBE_CONFIG_PATH'], process.env)
    .values as Partial<Environment>;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTheirOwn.test(name))),
    ...(KUBE_CONFIG_PATH && { KUBE_CONFIG_PATH }),
    ...variables,
  };
}
