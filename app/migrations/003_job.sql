-- expand

-- Up Migration

CREATE TABLE job (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  type text NOT NULL,
  request jsonb NOT NULL,
  state text NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'queued', 'active', 'completed', 'failed')),
  attempts int NOT NULL DEFAULT 0,
  result jsonb,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE UNIQUE INDEX job_unfinished_request ON job (type, md5(request::text)) WHERE finished_at IS NULL;
CREATE INDEX job_unfinished ON job (updated_at) WHERE finished_at IS NULL;

COMMENT ON TABLE job IS 'Every accepted job. The queue only carries its id, so what the queue loses can be handed over again.';
COMMENT ON INDEX job_unfinished_request IS 'The same request made twice while the first is unfinished is one job.';

-- Down Migration

DROP TABLE job;
