import { createApiKey, listApiKeys, revokeApiKey, type Scope } from '../access/api-key';
import { readEnvironment } from '../runtime/env';
import { UsageError } from '../runtime/usage-error';
import { withDatabase } from './database';

/** Makes an API key; the text returned is the only place it can be read. */
export async function createKey(name: string, scopes: Scope[], requestsPerMinute?: number): Promise<string> {
  const environment = readEnvironment('apikey');
  const { key } = await withDatabase(environment, (database) =>
    createApiKey(database, environment.SECRET_KEY, name, scopes, requestsPerMinute, environment.FORMER_SECRET_KEY),
  );
  return key;
}

/** One line for each key. */
export async function listKeys(): Promise<string[]> {
  const keys = await withDatabase(readEnvironment('database'), listApiKeys);
  return keys.map(({ prefix, scopes, revoked_at, last_used_at, requests_per_minute, name }) => {
    const state = revoked_at ? `revoked ${revoked_at.toISOString()}` : 'valid';
    const use = last_used_at ? `used ${last_used_at.toISOString()}` : 'never used';
    const limit = requests_per_minute === null ? 'usual limit' : `${requests_per_minute} requests a minute`;
    return [prefix, scopes.join(','), state, use, limit, name].join('\t');
  });
}

/** @throws UsageError when no valid key has the prefix */
export async function revokeKey(prefix: string): Promise<string> {
  const revoked = await withDatabase(readEnvironment('database'), (database) => revokeApiKey(database, prefix));
  if (!revoked) throw new UsageError(`no valid key has the prefix '${prefix}'; see \`stock apikey list\``);
  return `revoked ${revoked.prefix} (${revoked.name})`;
}
