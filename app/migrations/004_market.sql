-- expand
-- allow constraint-without-not-valid: made before the first release, while nobody served

-- Up Migration

ALTER TABLE stock
  ADD area text,
  ADD list_status text NOT NULL DEFAULT 'listed' CHECK (list_status IN ('listed', 'delisted', 'paused')),
  ADD delist_date date;

COMMENT ON COLUMN stock.list_status IS 'listed, paused by the exchange, or delisted';

CREATE TABLE symbol_alias (
  old_symbol text PRIMARY KEY CHECK (old_symbol ~ '^[0-9]{6}\.(SH|SZ|BJ)$'),
  symbol text NOT NULL CHECK (symbol ~ '^[0-9]{6}\.(SH|SZ|BJ)$' AND symbol <> old_symbol),
  effective_date date NOT NULL,
  source text NOT NULL
);

COMMENT ON TABLE symbol_alias IS 'Renumbered stocks. All history stands under the new symbol; both are answered.';

CREATE TABLE trading_calendar (
  day date PRIMARY KEY,
  is_open boolean NOT NULL,
  source text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE trading_calendar IS 'Days on which Shanghai trades; Shenzhen and Beijing keep the same. A day without a row is unknown.';

CREATE TABLE adjustment_factor (
  symbol text NOT NULL,
  source text NOT NULL,
  trade_date date NOT NULL,
  factor numeric(18, 6) NOT NULL CHECK (factor > 0),
  PRIMARY KEY (symbol, source, trade_date)
);

COMMENT ON TABLE adjustment_factor IS 'Cumulative factors, each source a series of its own: their bases differ, so no series is ever made of two.';

CREATE TABLE suspension (
  symbol text NOT NULL,
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('suspended', 'resumed')),
  timing text,
  source text NOT NULL,
  PRIMARY KEY (symbol, day, kind)
);
CREATE INDEX suspension_day ON suspension (day, symbol);

COMMENT ON COLUMN suspension.timing IS 'part of the day, such as 09:30-10:00; null for the whole day';

-- Quotes are a minute old at most, so after a crash they are collected again rather than recovered.
CREATE UNLOGGED TABLE quote (
  symbol text PRIMARY KEY,
  price numeric(12, 4) NOT NULL,
  open numeric(12, 4),
  high numeric(12, 4),
  low numeric(12, 4),
  pre_close numeric(12, 4),
  volume bigint NOT NULL,
  amount numeric(20, 2) NOT NULL,
  quoted_at timestamptz NOT NULL,
  source text NOT NULL,
  batch bigint NOT NULL
);
CREATE INDEX quote_batch ON quote (batch, symbol);
CREATE SEQUENCE quote_batch_number;

COMMENT ON COLUMN quote.batch IS 'number of the collection that last changed the row; higher is later';

CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset text NOT NULL,
  source text NOT NULL,
  symbol text,
  day date,
  rule text NOT NULL,
  reason text NOT NULL,
  row jsonb NOT NULL,
  job_id uuid,
  times int NOT NULL DEFAULT 1,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (dataset, source, symbol, day, rule)
);

COMMENT ON TABLE quarantine IS 'Rows of sources that break a rule of data quality and were therefore not stored.';

CREATE TABLE source_api (
  source text NOT NULL,
  api text NOT NULL,
  tokens double precision NOT NULL,
  refilled_at timestamptz NOT NULL DEFAULT now(),
  consecutive_failures int NOT NULL DEFAULT 0,
  closed_until timestamptz,
  error_kind text,
  error text,
  failed_at timestamptz,
  succeeded_at timestamptz,
  duration_ms int,
  PRIMARY KEY (source, api)
);

COMMENT ON TABLE source_api IS 'What all processes know of each interface of each source: its remaining budget, and whether and why it is left alone.';
COMMENT ON COLUMN source_api.tokens IS 'calls that may be made at refilled_at, before anything is added for the time since';
COMMENT ON COLUMN source_api.closed_until IS 'no call is made before; the first one after decides (circuit breaker)';

CREATE TABLE ingest_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid,
  dataset text NOT NULL,
  first_day date,
  last_day date,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'completed', 'failed')),
  source text,
  fallback_from text[] NOT NULL DEFAULT '{}',
  read int NOT NULL DEFAULT 0,
  inserted int NOT NULL DEFAULT 0,
  updated int NOT NULL DEFAULT 0,
  unchanged int NOT NULL DEFAULT 0,
  quarantined int NOT NULL DEFAULT 0,
  error text,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX ingest_run_dataset ON ingest_run (dataset, started_at DESC);

COMMENT ON TABLE ingest_run IS 'Every attempt to load a dataset; remembered longer than the job.';
COMMENT ON COLUMN ingest_run.source IS 'the source that answered, mixed when several did';

-- Down Migration

DROP TABLE ingest_run, source_api, quarantine, quote, suspension, adjustment_factor, trading_calendar, symbol_alias;
DROP SEQUENCE quote_batch_number;
ALTER TABLE stock DROP area, DROP list_status, DROP delist_date;
