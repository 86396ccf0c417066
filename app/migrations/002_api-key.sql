-- expand

-- Up Migration

CREATE TABLE api_key (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  prefix text NOT NULL UNIQUE,
  hash bytea NOT NULL,
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'admin'] AND cardinality(scopes) > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

COMMENT ON COLUMN api_key.prefix IS 'public part of the key, by which it is found';
COMMENT ON COLUMN api_key.hash IS 'HMAC-SHA256 of the whole key under SECRET_KEY';

-- Down Migration

DROP TABLE api_key;
