-- contract

-- Up Migration

-- stock_app writes market data and works on jobs: rows, no definitions.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO stock_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO stock_app;

-- stock_read reads, accepts jobs and sees to dead letters.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO stock_read;
GRANT INSERT, UPDATE ON job TO stock_read;
GRANT UPDATE, DELETE ON dead_letter TO stock_read;

REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM stock_app;
REVOKE ALL ON SEQUENCE schema_migration_id_seq FROM stock_app;

-- The same for what is made later. A table that needs other rights says so in its migration.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO stock_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO stock_read;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO stock_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO stock_app, stock_read;

-- What is known of a key may be read where keys are checked; what proves it may not, by anyone but the owner.
CREATE TABLE api_key_secret (
  key_id uuid PRIMARY KEY REFERENCES api_key ON DELETE CASCADE,
  hash bytea NOT NULL
);
INSERT INTO api_key_secret (key_id, hash) SELECT id, hash FROM api_key;
ALTER TABLE api_key DROP hash;

COMMENT ON TABLE api_key_secret IS 'What proves an API key. It is compared by find_api_key and read by nothing else.';
COMMENT ON COLUMN api_key_secret.hash IS 'HMAC-SHA256 of the whole key under SECRET_KEY';

REVOKE ALL ON api_key, api_key_secret FROM stock_app, stock_read;
GRANT SELECT, INSERT, UPDATE (revoked_at, last_used_at) ON api_key TO stock_read;
GRANT INSERT ON api_key_secret TO stock_read;

CREATE FUNCTION find_api_key(given_prefix text, given_hash bytea) RETURNS SETOF api_key
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT key.* FROM public.api_key AS key JOIN public.api_key_secret AS secret ON secret.key_id = key.id
  WHERE key.prefix = given_prefix AND secret.hash = given_hash AND key.revoked_at IS NULL
$$;
REVOKE ALL ON FUNCTION find_api_key FROM stock_app;

COMMENT ON FUNCTION find_api_key IS 'The valid key with this prefix and hash, for those who may not read hashes.';

-- Down Migration

DROP FUNCTION find_api_key;
ALTER TABLE api_key ADD hash bytea;
UPDATE api_key SET hash = secret.hash FROM api_key_secret AS secret WHERE secret.key_id = api_key.id;
ALTER TABLE api_key ALTER hash SET NOT NULL;
DROP TABLE api_key_secret;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM stock_app, stock_read;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM stock_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM stock_app, stock_read;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM stock_app, stock_read;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM stock_app;
