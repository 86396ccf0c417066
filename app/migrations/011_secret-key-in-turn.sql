-- expand

-- Up Migration

-- SECRET_KEY can be another one: until its processes are all replaced, a key is proved by both, and one that was proved by the former
-- is from then on proved by the present one.
ALTER TABLE api_key_secret ADD COLUMN former_hash bytea;
COMMENT ON COLUMN api_key_secret.former_hash IS 'the same under the SECRET_KEY before, for processes that still have that';

CREATE OR REPLACE FUNCTION find_api_key(given_prefix text, given_hash bytea) RETURNS SETOF api_key
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT key.* FROM public.api_key AS key JOIN public.api_key_secret AS secret ON secret.key_id = key.id
  WHERE key.prefix = given_prefix AND given_hash IN (secret.hash, secret.former_hash) AND key.revoked_at IS NULL
$$;

CREATE FUNCTION renew_api_key(given_prefix text, given_former_hash bytea, given_hash bytea) RETURNS SETOF api_key
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE public.api_key_secret AS secret SET former_hash = secret.hash, hash = given_hash
  FROM public.api_key AS key
  WHERE key.id = secret.key_id AND key.prefix = given_prefix AND secret.hash = given_former_hash AND key.revoked_at IS NULL;
  -- Another process may have been first.
  SELECT * FROM public.find_api_key(given_prefix, given_hash);
$$;
REVOKE ALL ON FUNCTION renew_api_key FROM stock_app;
COMMENT ON FUNCTION renew_api_key IS 'The valid key with this prefix and former hash, which from now on has the other hash.';

-- Down Migration

DROP FUNCTION renew_api_key;
CREATE OR REPLACE FUNCTION find_api_key(given_prefix text, given_hash bytea) RETURNS SETOF api_key
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT key.* FROM public.api_key AS key JOIN public.api_key_secret AS secret ON secret.key_id = key.id
  WHERE key.prefix = given_prefix AND secret.hash = given_hash AND key.revoked_at IS NULL
$$;
ALTER TABLE api_key_secret DROP COLUMN former_hash;
