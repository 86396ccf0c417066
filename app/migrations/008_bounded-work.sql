-- expand
-- allow drop-index, index-not-concurrently: made before the first release, while nobody served

-- Up Migration

ALTER TABLE job ADD api_key_id uuid;
COMMENT ON COLUMN job.api_key_id IS 'the key that handed it in, or its parent; null for schedules and for commands';

-- What waits is found without looking at everything else that waits.
DROP INDEX job_unfinished;
CREATE INDEX job_unfinished ON job (api_key_id) WHERE finished_at IS NULL;
CREATE INDEX job_accepted ON job (priority, created_at) WHERE state = 'accepted';
CREATE INDEX job_handed_over ON job (updated_at, id) WHERE state IN ('queued', 'active');
CREATE INDEX job_state ON job (state, created_at, id) WHERE state <> 'completed';

CREATE INDEX dead_letter_open ON dead_letter (id) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_dataset ON quarantine (dataset, id);
CREATE INDEX quarantine_rule ON quarantine (rule, id);
CREATE INDEX ingest_run_list ON ingest_run (dataset, id);

-- Down Migration

DROP INDEX ingest_run_list, quarantine_rule, quarantine_dataset, dead_letter_open;
DROP INDEX job_state, job_handed_over, job_accepted, job_unfinished;
CREATE INDEX job_unfinished ON job (updated_at) WHERE finished_at IS NULL;
ALTER TABLE job DROP api_key_id;
