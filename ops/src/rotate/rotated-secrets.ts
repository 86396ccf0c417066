import { UsageError } from '../../../app/src/runtime/usage-error';

/** A password that is used in turn with another (docs/rotation.md). */
export interface RotatedSecret {
  /** As an operator names it. */
  name: string;
  /** The component that checks it. */
  server: 'postgres' | 'queue' | 'cache';
  user: string;
}

const users = {
  postgres: ['owner', 'app', 'read', 'backup'],
  queue: ['api', 'worker', 'scheduler'],
  cache: ['api', 'worker'],
} as const;

const secrets: ReadonlyMap<string, RotatedSecret> = new Map(
  (['postgres', 'queue', 'cache'] as const).flatMap((server) =>
    users[server].map((user) => [`${server}.${user}`, { name: `${server}.${user}`, server, user }] as const),
  ),
);

/** @throws UsageError that lists those there are */
export function rotatedSecret(name: string): RotatedSecret {
  const found = secrets.get(name);
  if (found) return found;
  throw new UsageError(`there is no secret "${name}" to rotate; allowed: ${[...secrets.keys()].join(', ')}`);
}

const isFirst = (revision: number): boolean => revision % 2 === 1;

/** The Secret that holds the password of a revision. */
export const secretLabel = ({ server, user }: RotatedSecret, revision: number): string =>
  `${server}-${user}${isFirst(revision) ? '' : '-second'}`;

/** Whom the server knows who has it. */
export function loginOf({ server, user }: RotatedSecret, revision: number): string {
  if (server === 'postgres') return `stock_${user}${isFirst(revision) ? '' : '_2'}`;
  return `${user}${isFirst(revision) ? '' : '-2'}`;
}

/**
 * A command that reads a password and logs in with it, without it among its words; it prints `yes` when it was let in. Of a Redis it is the answer to
 * AUTH that counts: redis-cli goes on as the default user where a login fails.
 */
export function loginCommand(secret: RotatedSecret, revision: number): string[] {
  const login = loginOf(secret, revision);
  const script =
    secret.server === 'postgres'
      ? `export PGPASSWORD="$given"; psql -h 127.0.0.1 -U "$0" -d stockdb -Atc "SELECT 'yes'" 2>/dev/null`
      : `[ "$(printf 'AUTH %s %s\\n' "$0" "$given" | redis-cli 2>/dev/null)" = OK ] && echo yes`;
  return ['sh', '-c', `read -r given; ${script}; true`, login];
}
