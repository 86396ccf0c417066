-- expand
-- allow unseen-statements: it makes the partitions of the table that is new

-- Up Migration

CREATE TABLE stock (
  symbol text PRIMARY KEY CHECK (symbol ~ '^[0-9]{6}\.(SH|SZ|BJ)$'),
  exchange text NOT NULL GENERATED ALWAYS AS (right(symbol, 2)) STORED,
  name text,
  industry text,
  list_date date,
  source text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stock_exchange_symbol ON stock (exchange, symbol);

COMMENT ON TABLE stock IS 'Stocks that are listed by a source or have prices. name is null while only prices are known.';

CREATE TABLE stock_data (
  symbol text NOT NULL,
  trade_date date NOT NULL,
  open numeric(12, 4) NOT NULL,
  high numeric(12, 4) NOT NULL,
  low numeric(12, 4) NOT NULL,
  close numeric(12, 4) NOT NULL,
  pre_close numeric(12, 4),
  change numeric(12, 4),
  pct_chg numeric(12, 4),
  volume bigint NOT NULL,
  amount numeric(20, 2) NOT NULL,
  source text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  corrected_at timestamptz,
  CONSTRAINT idx_stock_data_symbol_date PRIMARY KEY (symbol, trade_date)
) PARTITION BY RANGE (trade_date);
CREATE INDEX idx_stock_data_date_symbol ON stock_data (trade_date, symbol);

COMMENT ON TABLE stock_data IS 'Daily bars, one partition a year. Prices in yuan, not adjusted.';
COMMENT ON COLUMN stock_data.pct_chg IS 'close against pre_close, in percent';
COMMENT ON COLUMN stock_data.volume IS 'shares';
COMMENT ON COLUMN stock_data.amount IS 'yuan';
COMMENT ON COLUMN stock_data.corrected_at IS 'when a later answer of a source last changed the row; null while it is as first stored';

-- Trading in Shanghai and Shenzhen began in December 1990.
DO $$
BEGIN
  FOR year IN 1990 .. extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int + 1 LOOP
    EXECUTE format(
      'CREATE TABLE stock_data_%s PARTITION OF stock_data FOR VALUES FROM (%L) TO (%L)',
      year, make_date(year, 1, 1), make_date(year + 1, 1, 1)
    );
  END LOOP;
END
$$;

-- Down Migration

DROP TABLE stock_data;
DROP TABLE stock;
