-- contract
-- allow constraint-without-not-valid, index-not-concurrently: made before the first release, while nobody served

-- Up Migration

ALTER TABLE job DROP CONSTRAINT job_state_check;
ALTER TABLE job
  ADD CONSTRAINT job_state_check
    CHECK (state IN ('waiting', 'accepted', 'queued', 'active', 'completed', 'failed', 'revoked')),
  ADD priority int NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 100),
  ADD parent_id uuid REFERENCES job ON DELETE CASCADE,
  ADD unfinished_children int NOT NULL DEFAULT 0 CHECK (unfinished_children >= 0),
  ADD not_before timestamptz,
  ADD deferrals int NOT NULL DEFAULT 0,
  ADD revoke_requested_at timestamptz,
  ADD error_kind text;
CREATE INDEX job_parent ON job (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX job_created ON job (created_at, id);

-- Children of two backfills may ask for the same; only jobs that stand alone are made one.
DROP INDEX job_unfinished_request;
CREATE UNIQUE INDEX job_unfinished_request ON job (type, md5(request::text))
  WHERE finished_at IS NULL AND parent_id IS NULL;

COMMENT ON COLUMN job.priority IS '1 runs first';
COMMENT ON COLUMN job.parent_id IS 'the job that runs once all its children have finished';
COMMENT ON COLUMN job.not_before IS 'the job is put off until then';
COMMENT ON COLUMN job.deferrals IS 'times it was put off by a source that asked to be left alone, which are no attempts';

CREATE TABLE ingest_checkpoint (
  job_id uuid NOT NULL REFERENCES job ON DELETE CASCADE,
  part text NOT NULL,
  result jsonb NOT NULL,
  done_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, part)
);

COMMENT ON TABLE ingest_checkpoint IS 'Parts of a job that are stored, written with their rows: an attempt goes on where the last one died.';

CREATE TABLE dead_letter (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL,
  type text NOT NULL,
  request jsonb NOT NULL,
  priority int NOT NULL,
  attempts int NOT NULL,
  error text NOT NULL,
  error_kind text,
  failed_at timestamptz NOT NULL DEFAULT now(),
  replayed_job_id uuid,
  replayed_at timestamptz
);

COMMENT ON TABLE dead_letter IS 'Jobs that failed for good, kept until they are replayed or purged.';

ALTER TABLE api_key
  ADD requests_per_minute int CHECK (requests_per_minute > 0),
  ADD last_used_at timestamptz;

COMMENT ON COLUMN api_key.requests_per_minute IS 'the default of the API where null';

-- Down Migration

ALTER TABLE api_key DROP requests_per_minute, DROP last_used_at;
DROP TABLE dead_letter, ingest_checkpoint;
DROP INDEX job_unfinished_request, job_created, job_parent;
CREATE UNIQUE INDEX job_unfinished_request ON job (type, md5(request::text)) WHERE finished_at IS NULL;
ALTER TABLE job DROP CONSTRAINT job_state_check;
ALTER TABLE job
  DROP error_kind, DROP revoke_requested_at, DROP deferrals, DROP not_before, DROP unfinished_children, DROP parent_id, DROP priority,
  ADD CONSTRAINT job_state_check CHECK (state IN ('accepted', 'queued', 'active', 'completed', 'failed'));
