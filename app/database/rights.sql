-- What the roles may do in one database before it holds anything; migrations grant the rest. Run in that database by
-- a superuser or its owner, as often as wanted, after roles.sql and written in the same way. What its owner may not take from
-- everybody, the language and the large objects, PostgreSQL then warns of and leaves.

DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO stock_owner', current_database());
  -- Rows are compared in a temporary table before they are written.
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO stock_app', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO stock_read', current_database());
  -- Whoever runs a server of our own watches it as this role.
  IF to_regrole('stock_monitor') IS NOT NULL THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO stock_monitor', current_database());
  END IF;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT USAGE, CREATE ON SCHEMA public TO stock_owner;

GRANT USAGE ON SCHEMA public TO stock_app, stock_read;

-- Anyone could otherwise run a program of their own in a DO block.

REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;

GRANT USAGE ON LANGUAGE plpgsql TO stock_owner;

-- Anyone could otherwise fill the disk with large objects, which need no right on any table.

DO $$
DECLARE
  routine regprocedure;
BEGIN
  FOR routine IN
    SELECT oid FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname ^@ 'lo_' OR proname IN ('loread', 'lowrite'))
      AND has_function_privilege('public', oid, 'EXECUTE')
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
  END LOOP;
END
$$;

-- What a superuser made before there were roles becomes the owner's.

DO $$
DECLARE
  command text;
BEGIN
  FOR command IN
    SELECT format('ALTER SCHEMA %I OWNER TO stock_owner', nspname)
    FROM pg_namespace WHERE nspname = 'bullmq' AND nspowner <> 'stock_owner'::regrole
    UNION ALL
    SELECT format('ALTER TABLE %s OWNER TO stock_owner', oid::regclass)
    FROM pg_class
    WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'bullmq'))
      AND relowner <> 'stock_owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')
      -- A sequence of a column follows its table.
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND relkind = 'S')
    UNION ALL
    SELECT format('ALTER ROUTINE %s OWNER TO stock_owner', oid::regprocedure)
    FROM pg_proc
    WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'bullmq'))
      AND proowner <> 'stock_owner'::regrole
    UNION ALL
    SELECT format('ALTER TYPE %s OWNER TO stock_owner', oid::regtype)
    FROM pg_type
    WHERE typnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'bullmq'))
      AND typowner <> 'stock_owner'::regrole AND typtype IN ('e', 'd')
  LOOP
    EXECUTE command;
  END LOOP;
END
$$;

