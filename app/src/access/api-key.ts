import { createHmac, randomBytes } from 'node:crypto';
import type { Database, Queryable } from '../database/pool';
import { sql } from '../database/sql';

/** What an API key may do: read data, make jobs, or (admin) everything. */
export const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** An API key as it is listed; the key itself is not stored. */
export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  /** Null for the API's own limit. */
  requests_per_minute: number | null;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const keyForm = /^sk_([0-9a-f]{12})_[0-9A-Za-z_-]{43}$/;
const columns = sql`id, name, prefix, scopes, requests_per_minute, created_at, last_used_at, revoked_at`;
const foundKey = sql`SELECT ${columns} FROM find_api_key($1, $2)`;
const foundOrRenewedKey = sql`WITH found AS (${foundKey})
  SELECT ${columns} FROM found
  UNION ALL SELECT ${columns} FROM renew_api_key($1, $3, $2) WHERE NOT EXISTS (SELECT FROM found)`;
const hash = (secretKey: string, key: string): Buffer => createHmac('sha256', secretKey).update(key).digest();

/**
 * Makes an API key. The key is returned this once; the database holds its HMAC-SHA256 under SECRET_KEY.
 *
 * @param name tells people what the key is for
 * @param requestsPerMinute most requests at one process; the API's own limit when left out
 * @param formerSecretKey what processes that still run may have for a secret key
 */
export async function createApiKey(
  database: Database,
  secretKey: string,
  name: string,
  granted: readonly Scope[],
  requestsPerMinute?: number,
  formerSecretKey?: string,
): Promise<{ key: string; apiKey: ApiKey }> {
  const prefix = randomBytes(6).toString('hex');
  const key = `sk_${prefix}_${randomBytes(32).toString('base64url')}`;
  const { rows } = await database.query<ApiKey>(
    sql`WITH created AS (
       INSERT INTO api_key (name, prefix, scopes, requests_per_minute) VALUES ($1, $2, $4, $5) RETURNING ${columns}
     ), proof AS (
       INSERT INTO api_key_secret (key_id, hash, former_hash) SELECT id, $3, $6 FROM created
     )
     SELECT * FROM created`,
    [name, prefix, hash(secretKey, key), granted, requestsPerMinute, formerSecretKey && hash(formerSecretKey, key)],
  );
  return { key, apiKey: rows[0] as ApiKey };
}

export async function listApiKeys(database: Database): Promise<ApiKey[]> {
  return (await database.query<ApiKey>(sql`SELECT ${columns} FROM api_key ORDER BY created_at, id`)).rows;
}

/** Makes a key invalid at once; undefined when no valid key has this prefix. */
export async function revokeApiKey(database: Database, prefix: string): Promise<ApiKey | undefined> {
  const { rows } = await database.query<ApiKey>(
    sql`UPDATE api_key SET revoked_at = now() WHERE prefix = $1 AND revoked_at IS NULL RETURNING ${columns}`,
    [prefix],
  );
  return rows[0];
}

/**
 * The valid API key behind the text a client sent; undefined when there is none.
 *
 * @param formerSecretKey the secret key before; a key that is proved by it is from then on proved by `secretKey`
 */
export async function findApiKey(
  database: Queryable,
  secretKey: string,
  key: string,
  formerSecretKey?: string,
): Promise<ApiKey | undefined> {
  const prefix = keyForm.exec(key)?.[1];
  if (!prefix) return undefined;
  // Hashes are compared in the database, whose API role may not read them.
  const { rows } = await database.query<ApiKey>(
    formerSecretKey
      ? {
          name: 'find-or-renew-api-key',
          text: foundOrRenewedKey,
          values: [prefix, hash(secretKey, key), hash(formerSecretKey, key)],
        }
      : { name: 'find-api-key', text: foundKey, values: [prefix, hash(secretKey, key)] },
  );
  return rows[0];
}

/** Notes that a key is in use now. */
export async function noteUse(database: Database, id: string): Promise<void> {
  await database.query(sql`UPDATE api_key SET last_used_at = now() WHERE id = $1`, [id]);
}

/** Whether the key grants the scope; admin grants all of them. */
export const grants = (apiKey: ApiKey, scope: Scope): boolean =>
  apiKey.scopes.includes(scope) || apiKey.scopes.includes('admin');
