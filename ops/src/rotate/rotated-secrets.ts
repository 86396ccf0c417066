import { UsageError } from '../../../app/src/runtime/usage-error';

/** Who checks it, and so how it is tried. */
export type Checker = 'postgres' | 'redis' | 'api' | 'page';

/** What is made anew when its revision is raised (docs/rotation.md). */
export interface RotatedSecret {
  /** As an operator names it. */
  readonly name: string;
  /** What it is, for people. */
  readonly what: string;
  /** Where its revision is in the file of an environment. */
  readonly setting: readonly string[];
  /** Its name among the secrets of the stacks, in the first turn. */
  readonly label: string;
  /** Of its text in there. */
  readonly key: string;
  readonly checker: Checker;
  /** The component that checks it. */
  readonly server: string;
  /** Whom the server knows by it, in the first turn. */
  readonly login: string;
  /** Of a web interface that it is the password of: below the gateway's address. */
  readonly page?: string;
  /** Two are used in turn, and both are valid; otherwise there is one. */
  readonly isInTurn: boolean;
  /** Whether what is in use before is void afterwards, unless it is said. */
  readonly voids: boolean;
}

const roles = {
  owner: 'migrations and upkeep',
  app: 'the application',
  read: 'who only reads',
  backup: 'copies of the database',
};

const postgres = Object.entries(roles).map(
  ([role, what]): RotatedSecret => ({
    ...ofPostgres(role, `password of PostgreSQL for ${what}`),
    isInTurn: true,
  }),
);

const monitor: RotatedSecret = {
  ...ofPostgres('monitor', 'password of PostgreSQL for its metrics, which are missing meanwhile'),
  isInTurn: false,
};

const redis = (
  [
    ['queue', ['api', 'worker', 'scheduler']],
    ['cache', ['api', 'worker']],
  ] as const
).flatMap(([server, users]) =>
  users.map(
    (user): RotatedSecret => ({
      name: `${server}.${user}`,
      what: `password of the ${server} for the ${user}`,
      setting: [server, 'passwordRevisions', user],
      label: `${server}-${user}`,
      key: 'password',
      checker: 'redis',
      server,
      login: user,
      isInTurn: true,
      voids: true,
    }),
  ),
);

const secretKey: RotatedSecret = {
  name: 'api.secretKey',
  what: 'key that API keys are hashed with',
  setting: ['api', 'secretKeyRevision'],
  label: 'api',
  key: 'secret-key',
  checker: 'api',
  server: 'api',
  login: 'an API key',
  isInTurn: true,
  // An API key is hashed with the new one when it is used; one that nobody used since would be void.
  voids: false,
};

/** Passwords that people type; they are told the new one. */
const pages: readonly RotatedSecret[] = [
  {
    ...ofPage('gateway', 'operator', '/prometheus/'),
    name: 'gateway.login',
    what: 'password for Prometheus and Alertmanager through the gateway',
    setting: ['gateway', 'loginRevision'],
    label: 'gateway-login',
    key: 'htpasswd',
  },
  {
    ...ofPage('grafana', 'admin', '/grafana/api/org'),
    name: 'grafana.admin',
    what: "password of Grafana's administrator",
    setting: ['observability', 'grafana', 'passwordRevision'],
    label: 'grafana',
    key: 'admin-password',
  },
];

/** All of them. */
export const rotatedSecrets: readonly RotatedSecret[] = [...postgres, monitor, ...redis, secretKey, ...pages];

/** @throws UsageError that lists those there are */
export function rotatedSecret(name: string): RotatedSecret {
  const found = rotatedSecrets.find((secret) => secret.name === name);
  if (found) return found;
  const names = rotatedSecrets.map((secret) => secret.name).join(', ');
  throw new UsageError(
    `there is no secret "${name}" to rotate; allowed: ${names}. How others are made anew: docs/rotation.md`,
  );
}

const isFirst = ({ isInTurn }: RotatedSecret, revision: number): boolean => !isInTurn || revision % 2 === 1;

/** The Secret that holds the text of a revision. */
export const secretLabel = (secret: RotatedSecret, revision: number): string =>
  isFirst(secret, revision) ? secret.label : `${secret.label}-second`;

const seconds = { postgres: '_2', redis: '-2', api: '', page: '' } as const;

/** Whom the server knows who has it. */
export const loginOf = (secret: RotatedSecret, revision: number): string =>
  isFirst(secret, revision) ? secret.login : `${secret.login}${seconds[secret.checker]}`;

/** The revision whose text is void once a revision is in use. */
export const voidedBy = ({ isInTurn }: RotatedSecret, revision: number): number => revision - (isInTurn ? 2 : 1);

function ofPostgres(role: string, what: string) {
  return {
    name: `postgres.${role}`,
    what,
    setting: ['postgres', 'passwordRevisions', role],
    label: `postgres-${role}`,
    key: 'password',
    checker: 'postgres',
    server: 'postgres',
    login: `stock_${role}`,
    voids: true,
  } as const;
}

function ofPage(server: string, login: string, page: string) {
  return { checker: 'page', server, login, page, isInTurn: false, voids: true } as const;
}
