import type { Client, Given } from '../workload/connections';
import { filesDirectory, type SecretFile } from '../workload/files';
import type { RedisUser } from './redis-config';

/** A Redis that components can be let into, whoever runs it. */
export interface RedisEndpoint {
  /** Lets clients connect as a user and tells them where and with which password. */
  allow(user: RedisUser, ...clients: Client[]): void;
}

/** How the variables begin that a server's clients are told of it by. */
export const variables = { cache: 'REDIS', queue: 'QUEUE' } as const;
export type RedisServer = keyof typeof variables;

/** What a client is given: the URL with its user's name in it, and the file with the password. */
export function accessBy(server: RedisServer, url: string, password: SecretFile): Required<Given> {
  const variable = variables[server];
  const file = `${variable.toLowerCase()}-password`;
  return {
    environment: { [`${variable}_URL`]: url, [`${variable}_PASSWORD_FILE`]: `${filesDirectory}/${file}` },
    files: { [file]: password },
  };
}

/**
 * What is known of a user.
 * @throws Error naming the users there are
 */
export function ofUser<T>(known: ReadonlyMap<RedisUser, T>, user: RedisUser): T {
  const found = known.get(user);
  if (found === undefined) {
    throw new Error(`Redis has no user "${user}" here, allowed: ${[...known.keys()].join(', ')}`);
  }
  return found;
}
