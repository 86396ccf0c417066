-- The roles of the application, for a whole server of PostgreSQL. Run by a superuser or, on a managed server, by a role that
-- may make roles, as often as wanted; whoever keeps the passwords sets them. Each statement ends with an empty line: what PostgreSQL's single-user mode takes for the end.

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['stock_owner', 'stock_app', 'stock_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role_name);
    END IF;
    -- Only a superuser may say what is so already.
    IF EXISTS (
      SELECT FROM pg_roles WHERE rolname = role_name
        AND (NOT rolcanlogin OR rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
    ) THEN
      EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role_name);
    END IF;
  END LOOP;
END
$$;

-- Limits of last resort: each kind of work sets a shorter one. A role has them through a pooler of connections too.

ALTER ROLE stock_owner SET statement_timeout = '1h';

ALTER ROLE stock_owner SET lock_timeout = '5min';

ALTER ROLE stock_owner SET idle_in_transaction_session_timeout = '10min';

ALTER ROLE stock_app SET statement_timeout = '15min';

ALTER ROLE stock_app SET lock_timeout = '5min';

ALTER ROLE stock_app SET idle_in_transaction_session_timeout = '10min';

ALTER ROLE stock_read SET statement_timeout = '5s';

ALTER ROLE stock_read SET lock_timeout = '2s';

ALTER ROLE stock_read SET idle_in_transaction_session_timeout = '10s';

-- A statement whose process is gone is to end soon, not when it next writes to the connection.

ALTER ROLE stock_owner SET client_connection_check_interval = '1s';

ALTER ROLE stock_app SET client_connection_check_interval = '1s';

ALTER ROLE stock_read SET client_connection_check_interval = '1s';

-- A server of our own is the application's alone, and nobody but its superuser has business in these.

DO $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
  END IF;
END
$$;

