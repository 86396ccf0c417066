-- Up Migration

-- A breaker that lets no call through is open, as everywhere else.
ALTER TABLE source_api RENAME closed_until TO open_until;

COMMENT ON TABLE source_api IS 'What all processes know of each interface of each source: its remaining budget, and whether and why its breaker is open.';
COMMENT ON COLUMN source_api.open_until IS 'no call is made before; the first one after decides (circuit breaker)';

UPDATE job SET error_kind = 'breaker_open' WHERE error_kind = 'closed';
UPDATE dead_letter SET error_kind = 'breaker_open' WHERE error_kind = 'closed';

-- Down Migration

UPDATE dead_letter SET error_kind = 'closed' WHERE error_kind = 'breaker_open';
UPDATE job SET error_kind = 'closed' WHERE error_kind = 'breaker_open';
COMMENT ON COLUMN source_api.open_until IS 'no call is made before; the first one after decides (circuit breaker)';
COMMENT ON TABLE source_api IS 'What all processes know of each interface of each source: its remaining budget, and whether and why it is left alone.';
ALTER TABLE source_api RENAME open_until TO closed_until;
