-- The role that reads the server's statistics for PostgreSQL's exporter; rights.sql lets it into the application's database. Run by the
-- superuser at every start, before the passwords. Each statement ends with an empty line: what PostgreSQL's single-user mode takes
-- for the end.

DO $$
BEGIN
  IF to_regrole('stock_monitor') IS NULL THEN CREATE ROLE stock_monitor; END IF;
  -- Two connections are what the exporter has open at a time, and what the rule of all connections counts.
  ALTER ROLE stock_monitor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 2;
END
$$;

GRANT pg_monitor TO stock_monitor;

ALTER ROLE stock_monitor SET default_transaction_read_only = 'on';

ALTER ROLE stock_monitor SET statement_timeout = '5s';

ALTER ROLE stock_monitor SET lock_timeout = '1s';

ALTER ROLE stock_monitor SET idle_in_transaction_session_timeout = '10s';

ALTER ROLE stock_monitor SET client_connection_check_interval = '1s';

