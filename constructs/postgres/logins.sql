-- A second login of each role that clients connect as, with a password of its own and the role's attributes and limits: it becomes
-- the role when it connects, so that what it makes is the role's. Run by the superuser at every start, after the roles and before the
-- passwords. Each statement ends with an empty line: what PostgreSQL's single-user mode takes for the end.

DO $$
DECLARE
  first record;
  second text;
  setting text;
BEGIN
  FOR first IN
    SELECT * FROM pg_roles WHERE rolname IN ('stock_owner', 'stock_app', 'stock_read', 'stock_backup')
  LOOP
    second := first.rolname || '_2';
    IF to_regrole(second) IS NULL THEN EXECUTE format('CREATE ROLE %I', second); END IF;
    EXECUTE format(
      'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS %s %s CONNECTION LIMIT %s', second,
      CASE WHEN first.rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
      CASE WHEN first.rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END, first.rolconnlimit
    );
    EXECUTE format('GRANT %I TO %I', first.rolname, second);
    EXECUTE format('ALTER ROLE %I RESET ALL', second);
    FOREACH setting IN ARRAY coalesce(first.rolconfig, '{}') LOOP
      EXECUTE format('ALTER ROLE %I SET %I TO %L', second, split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1));
    END LOOP;
    EXECUTE format('ALTER ROLE %I SET role TO %L', second, first.rolname);
  END LOOP;
END
$$;

