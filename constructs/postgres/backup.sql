-- The role that copies the application's database and restores it. Run by the superuser at every start, before the passwords. Each
-- statement ends with an empty line: what PostgreSQL's single-user mode takes for the end.

DO $$
BEGIN
  IF to_regrole('stock_backup') IS NULL THEN CREATE ROLE stock_backup; END IF;
  -- Six connections are what the rule of all connections counts; the others receive the log and the server's files.
  ALTER ROLE stock_backup LOGIN NOSUPERUSER CREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS CONNECTION LIMIT 10;
END
$$;

GRANT pg_read_all_data, pg_monitor, pg_signal_backend TO stock_backup;

-- What it restores is the owner's.

GRANT stock_owner TO stock_backup;

-- Where databases are made and renamed from.

GRANT CONNECT ON DATABASE postgres TO stock_backup;

-- Limits of last resort: a table is read for as long as it is large, and the snapshot of a dump waits for its end.

ALTER ROLE stock_backup SET statement_timeout = '6h';

ALTER ROLE stock_backup SET lock_timeout = '5min';

ALTER ROLE stock_backup SET idle_in_transaction_session_timeout = '6h';

ALTER ROLE stock_backup SET client_connection_check_interval = '1s';

