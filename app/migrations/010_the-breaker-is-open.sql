-- expand
-- allow backfill: source_api has one row for each interface, and few jobs carry the word

-- Up Migration

-- A breaker that lets no call through is open, as everywhere else.
ALTER TABLE source_api ADD COLUMN open_until timestamptz;
UPDATE source_api SET open_until = closed_until;

-- While the version before is replaced, its processes still write and read the former name.
CREATE FUNCTION source_api_former_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.open_until := coalesce(NEW.open_until, NEW.closed_until);
  ELSIF NEW.closed_until IS DISTINCT FROM OLD.closed_until THEN
    NEW.open_until := NEW.closed_until;
  END IF;
  NEW.closed_until := NEW.open_until;
  RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION source_api_former_name FROM stock_app, stock_read;
CREATE TRIGGER former_name BEFORE INSERT OR UPDATE ON source_api
  FOR EACH ROW EXECUTE FUNCTION source_api_former_name();

COMMENT ON TABLE source_api IS 'What all processes know of each interface of each source: its remaining budget, and whether and why its breaker is open.';
COMMENT ON COLUMN source_api.open_until IS 'no call is made before; the first one after decides (circuit breaker)';
COMMENT ON COLUMN source_api.closed_until IS 'open_until under the name that the version before has for it; a later migration drops it';

UPDATE job SET error_kind = 'breaker_open' WHERE error_kind = 'closed';
UPDATE dead_letter SET error_kind = 'breaker_open' WHERE error_kind = 'closed';

-- Down Migration

UPDATE dead_letter SET error_kind = 'closed' WHERE error_kind = 'breaker_open';
UPDATE job SET error_kind = 'closed' WHERE error_kind = 'breaker_open';
COMMENT ON COLUMN source_api.closed_until IS 'no call is made before; the first one after decides (circuit breaker)';
COMMENT ON TABLE source_api IS 'What all processes know of each interface of each source: its remaining budget, and whether and why it is left alone.';
DROP TRIGGER former_name ON source_api;
DROP FUNCTION source_api_former_name;
ALTER TABLE source_api DROP COLUMN open_until;
