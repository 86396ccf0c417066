-- contract
-- allow constraint-without-not-valid, unique-constraint, computed-column, rewrite, backfill: made before the first release, while nobody served

-- Up Migration

ALTER TABLE trading_calendar
  ADD exchange text NOT NULL DEFAULT 'SH' CHECK (exchange IN ('SH', 'SZ', 'BJ')),
  DROP CONSTRAINT trading_calendar_pkey,
  ADD PRIMARY KEY (day, exchange);

COMMENT ON TABLE trading_calendar IS 'Days on which an exchange trades: those of Shanghai, and of the others where they differ. A day without a row is unknown.';

CREATE VIEW exchange_day AS
  SELECT exchange.code AS exchange, calendar.day, calendar.is_open, calendar.source
  FROM (VALUES ('SH'), ('SZ'), ('BJ')) AS exchange (code)
  JOIN trading_calendar AS calendar
    ON calendar.exchange = exchange.code
    OR (calendar.exchange = 'SH' AND NOT EXISTS (
      SELECT FROM trading_calendar AS own WHERE own.day = calendar.day AND own.exchange = exchange.code));

COMMENT ON VIEW exchange_day IS 'Every day that is known of each exchange: its own row, or that of Shanghai.';

-- As many decimals as a source gives: six of them made a price of a thousand yuan wrong by half a fen.
ALTER TABLE adjustment_factor ALTER factor TYPE numeric;

-- A stock may be suspended several times a day.
ALTER TABLE suspension
  DROP CONSTRAINT suspension_pkey,
  ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ADD CONSTRAINT suspension_key UNIQUE NULLS NOT DISTINCT (symbol, day, kind, timing);

ALTER TABLE stock ADD search text;
UPDATE stock SET name = regexp_replace(normalize(name, NFKC), '\s', '', 'g') WHERE source <> 'sample';

COMMENT ON COLUMN stock.search IS 'what the stock is found by: its name in small letters, its pinyin, the initials of that';

-- Sources name the stocks that Beijing renumbered; those of Shenzhen none does.
INSERT INTO symbol_alias (old_symbol, symbol, effective_date, source) VALUES
  ('000022.SZ', '001872.SZ', '2018-12-26', 'exchange'),
  ('000043.SZ', '001914.SZ', '2019-12-16', 'exchange'),
  ('300114.SZ', '302132.SZ', '2025-02-17', 'exchange')
ON CONFLICT DO NOTHING;

-- Two sources may store the same part of a job: each has a series of factors of its own.
ALTER TABLE ingest_checkpoint ADD source text;
UPDATE ingest_checkpoint SET source = result ->> 'source';
ALTER TABLE ingest_checkpoint
  ALTER source SET NOT NULL,
  DROP CONSTRAINT ingest_checkpoint_pkey,
  ADD PRIMARY KEY (job_id, part, source);

CREATE TABLE ingest_failure (
  job_id uuid NOT NULL REFERENCES job ON DELETE CASCADE,
  part text NOT NULL,
  source text NOT NULL,
  error text NOT NULL,
  times int NOT NULL DEFAULT 1,
  failed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, part, source)
);

COMMENT ON TABLE ingest_failure IS 'Parts of a job that a source did not give; later attempts ask for them last.';

ALTER TABLE ingest_run
  ADD is_whole_market boolean NOT NULL DEFAULT true,
  ADD failed_parts int NOT NULL DEFAULT 0;

COMMENT ON COLUMN ingest_run.failed_parts IS 'stocks or days that no source gave while the others were stored; error names them';

CREATE TABLE gap_search (
  dataset text NOT NULL,
  symbol text NOT NULL,
  day date NOT NULL,
  searches int NOT NULL DEFAULT 1,
  last_search_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (dataset, symbol, day)
);

COMMENT ON TABLE gap_search IS 'Rows that sources were asked for in vain; after some searches they are given up and no longer count as missing.';

-- Down Migration

DROP TABLE gap_search, ingest_failure;
ALTER TABLE ingest_run DROP is_whole_market, DROP failed_parts;
DELETE FROM ingest_checkpoint AS later USING ingest_checkpoint AS earlier
  WHERE later.job_id = earlier.job_id AND later.part = earlier.part AND later.ctid > earlier.ctid;
ALTER TABLE ingest_checkpoint DROP source, ADD PRIMARY KEY (job_id, part);
DELETE FROM symbol_alias WHERE source = 'exchange';
ALTER TABLE stock DROP search;
DELETE FROM suspension AS later USING suspension AS earlier
  WHERE later.symbol = earlier.symbol AND later.day = earlier.day AND later.kind = earlier.kind AND later.id > earlier.id;
ALTER TABLE suspension DROP CONSTRAINT suspension_key, DROP id, ADD PRIMARY KEY (symbol, day, kind);
ALTER TABLE adjustment_factor ALTER factor TYPE numeric(18, 6);
DROP VIEW exchange_day;
DELETE FROM trading_calendar WHERE exchange <> 'SH';
ALTER TABLE trading_calendar DROP exchange, ADD PRIMARY KEY (day);
