import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { connectionSettings } from '../../src/database/connection-settings';
import { appRole, type DatabaseRole, databaseRoles, ownerRole, readRole } from '../../src/database/roles';
import { sqlOfFile } from '../../src/database/sql';
import { createTestDatabase, type TestDatabase } from '../support/database';

/** What no role may do to the server. */
const deedsOfSuperusers = [
  "COPY stock TO '/tmp/stock'",
  "COPY stock FROM '/etc/passwd'",
  "COPY stock TO PROGRAM 'id'",
  "COPY stock FROM PROGRAM 'id'",
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT pg_read_binary_file('/etc/passwd')",
  "SELECT pg_ls_dir('/')",
  "SELECT pg_stat_file('/etc/passwd')",
  "SELECT lo_import('/etc/passwd')",
  "SELECT lo_export(1, '/tmp/file')",
  "SELECT lo_from_bytea(0, 'fills the disk')",
  'SELECT lo_creat(-1)',
  'SELECT pg_reload_conf()',
  'SELECT pg_switch_wal()',
  'SELECT * FROM pg_authid',
  'SELECT * FROM pg_shadow',
  'SELECT * FROM pg_hba_file_rules',
  "ALTER SYSTEM SET shared_preload_libraries = 'x'",
  'CREATE ROLE another',
  'CREATE DATABASE another',
  'CREATE EXTENSION file_fdw',
  "CREATE FUNCTION system(cstring) RETURNS int AS 'libc.so.6', 'system' LANGUAGE c",
  'ALTER ROLE stock_read SUPERUSER',
  'ALTER ROLE stock_app CREATEROLE',
  'ALTER ROLE stock PASSWORD NULL',
  'GRANT pg_read_server_files TO stock_read',
  'GRANT pg_execute_server_program TO stock_app',
  'SET ROLE stock',
  'SET SESSION AUTHORIZATION stock',
  "SET session_preload_libraries = 'x'",
];

/** What is the owner's alone. */
const deedsOfOwners = [
  'CREATE TABLE another (id int)',
  'CREATE SCHEMA another',
  "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE FUNCTION pg_temp.another() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
  'DO $$ BEGIN END $$',
  'CREATE VIEW another AS SELECT 1',
  'CREATE INDEX ON stock (name)',
  'ALTER TABLE job ADD another int',
  'ALTER TABLE stock DISABLE TRIGGER ALL',
  'ALTER TABLE stock OWNER TO CURRENT_USER',
  'DROP TABLE stock',
  'DROP FUNCTION find_api_key',
  'CREATE OR REPLACE FUNCTION find_api_key(text, bytea) RETURNS SETOF api_key LANGUAGE sql AS $$ SELECT * FROM api_key $$',
  'TRUNCATE stock_data',
  "INSERT INTO schema_migration (name, run_on) VALUES ('999_another', now())",
  'DELETE FROM schema_migration',
  'DELETE FROM bullmq.migration',
  'DROP SCHEMA bullmq CASCADE',
  'SELECT hash FROM api_key_secret',
  'COPY api_key_secret TO STDOUT',
  'UPDATE api_key_secret SET hash = NULL',
  'DELETE FROM api_key_secret',
  'SELECT (SELECT hash FROM api_key_secret LIMIT 1) FROM stock',
  'DELETE FROM api_key',
  "UPDATE api_key SET scopes = '{admin}'",
];

/** What the API reads but only the worker writes. */
const deedsOfWriters = [
  "INSERT INTO stock (symbol, source) VALUES ('600000.SH', 'x')",
  'UPDATE stock_data SET close = 0',
  'DELETE FROM stock_data_2024',
  'DELETE FROM adjustment_factor',
  'DELETE FROM job',
  "INSERT INTO dead_letter (job_id, type, request, priority, attempts, error) SELECT id, type, '{}', 1, 1, '' FROM job",
  "SELECT nextval('quote_batch_number')",
  "SELECT setval('quote_batch_number', 1)",
];

const deedsWithKeys = [
  'SELECT * FROM api_key',
  "SELECT find_api_key('', '')",
  "INSERT INTO api_key (name, prefix, scopes) VALUES ('x', 'x', '{admin}')",
  "INSERT INTO api_key_secret (key_id, hash) VALUES (gen_random_uuid(), 'x')",
  'UPDATE api_key SET revoked_at = NULL',
];

const cases = (role: DatabaseRole, ...deeds: string[]) => deeds.map((deed): [DatabaseRole, string] => [role, deed]);

describe('the roles of the database', () => {
  let database: TestDatabase;
  let poolOf: Record<DatabaseRole, pg.Pool>;
  beforeAll(async () => {
    database = await createTestDatabase();
    poolOf = { [ownerRole]: database.owner, [appRole]: database.pool, [readRole]: database.reader };
  });
  afterAll(() => database.drop());

  test.each([
    ...databaseRoles.flatMap((role) => cases(role, ...deedsOfSuperusers)),
    ...cases(appRole, ...deedsOfOwners, ...deedsWithKeys),
    ...cases(readRole, ...deedsOfOwners, ...deedsOfWriters),
  ])('%s may not: %s', async (role, deed) => {
    await expect(poolOf[role].query(deed)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|42704)$/) });
  });

  test('have no attribute and are in no other role', async () => {
    const { rows } = await database.owner.query(
      `SELECT rolname AS role,
         rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS "hasAttribute",
         EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS "isMember"
       FROM pg_roles WHERE rolname = ANY($1) ORDER BY rolname`,
      [databaseRoles],
    );
    expect(rows).toEqual([...databaseRoles].sort().map((role) => ({ role, hasAttribute: false, isMember: false })));
  });

  test('may not use the databases beside theirs', async () => {
    const { rows } = await database.owner.query(
      `SELECT rolname, datname FROM pg_roles, pg_database
       WHERE rolname = ANY($1) AND datname IN ('postgres', 'template1') AND has_database_privilege(rolname, datname, 'CONNECT')`,
      [databaseRoles],
    );
    expect(rows).toEqual([]);
  });

  test('have limits on their statements, locks and idle transactions however they connect', async () => {
    const { rows } = await database.owner.query<{ role: string; settings: string[] }>(
      `SELECT rolname AS role, setconfig AS settings FROM pg_db_role_setting JOIN pg_roles ON pg_roles.oid = setrole
       WHERE setdatabase = 0 ORDER BY rolname`,
    );
    const limits = (statement: string, lock: string, idle: string) => [
      `statement_timeout=${statement}`,
      `lock_timeout=${lock}`,
      `idle_in_transaction_session_timeout=${idle}`,
      'client_connection_check_interval=1s',
    ];
    expect(Object.fromEntries(rows.map(({ role, settings }) => [role, settings]))).toEqual({
      [ownerRole]: limits('1h', '5min', '10min'),
      [appRole]: limits('15min', '5min', '10min'),
      [readRole]: limits('5s', '2s', '10s'),
    });
    expect((await database.reader.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '5s' }]);
  });

  // Everything that is not listed may be done by the owner alone. A new table is granted as the defaults of migration
  // 006 say: add its line here, and in its migration take away what is too much or grant what is missing.
  test('have these rights, and PUBLIC has none', async () => {
    expect(await rightsOf(database.owner)).toEqual(
      `
      FUNCTION bullmq.*              app: EXECUTE                      read: EXECUTE
      FUNCTION find_api_key          app: -                            read: EXECUTE
      FUNCTION renew_api_key         app: -                            read: EXECUTE
      SEQUENCE bullmq.*              app: USAGE                        read: USAGE
      SEQUENCE dead_letter_id_seq    app: USAGE                        read: -
      SEQUENCE ingest_run_id_seq     app: USAGE                        read: -
      SEQUENCE quarantine_id_seq     app: USAGE                        read: -
      SEQUENCE quote_batch_number    app: USAGE                        read: -
      SEQUENCE suspension_id_seq     app: USAGE                        read: -
      TABLE adjustment_factor        app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE api_key                  app: -                            read: SELECT INSERT UPDATE(last_used_at,revoked_at)
      TABLE api_key_secret           app: -                            read: INSERT
      TABLE bullmq.*                 app: SELECT INSERT UPDATE DELETE  read: SELECT INSERT UPDATE DELETE
      TABLE bullmq.migration         app: SELECT                       read: SELECT
      TABLE dead_letter              app: SELECT INSERT UPDATE DELETE  read: SELECT UPDATE DELETE
      TABLE exchange_day             app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE gap_search               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE ingest_checkpoint        app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE ingest_failure           app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE ingest_run               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE job                      app: SELECT INSERT UPDATE DELETE  read: SELECT INSERT UPDATE
      TABLE quarantine               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE quote                    app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE schema_migration         app: SELECT                       read: SELECT
      TABLE source_api               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE stock                    app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE stock_data               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE suspension               app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE symbol_alias             app: SELECT INSERT UPDATE DELETE  read: SELECT
      TABLE trading_calendar         app: SELECT INSERT UPDATE DELETE  read: SELECT
      `
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    );
  });

  test('get theirs on what a later migration makes, and on a new partition', async () => {
    await database.owner.query(
      'CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE later_number',
    );
    const later = new Date().getFullYear() + 2;
    await database.owner.query(
      `CREATE TABLE stock_data_${later} PARTITION OF stock_data FOR VALUES FROM ('${later}-01-01') TO ('${later + 1}-01-01')`,
    );
    await database.pool.query('INSERT INTO later DEFAULT VALUES');
    await database.pool.query("SELECT nextval('later_number')");
    await database.pool.query(`DELETE FROM stock_data_${later}`);
    expect((await database.reader.query('SELECT * FROM later')).rows).toEqual([{ id: 1 }]);
    await database.reader.query(`SELECT FROM stock_data_${later}`);
    await expect(database.reader.query('DELETE FROM later')).rejects.toMatchObject({ code: '42501' });
    const added = (await rightsOf(database.owner)).filter((line) => line.includes('later'));
    expect(added).toEqual([
      'SEQUENCE later_id_seq          app: USAGE                        read: -',
      'SEQUENCE later_number          app: USAGE                        read: -',
      'TABLE later                    app: SELECT INSERT UPDATE DELETE  read: SELECT',
    ]);
  });

  test('and a right that PUBLIC or a partition alone has is seen', async () => {
    await database.owner.query('GRANT SELECT ON job TO PUBLIC; GRANT TRUNCATE ON stock_data_2024 TO stock_app');
    const lines = await rightsOf(database.owner);
    expect(lines.filter((line) => /PUBLIC|TRUNCATE/.test(line))).toEqual([
      expect.stringMatching(/^TABLE job .* PUBLIC: SELECT$/),
      expect.stringMatching(/^TABLE stock_data .*TRUNCATE/),
    ]);
  });
});

describe('the roles of a managed server, whose administrator is no superuser', () => {
  const prefix = `managed_${randomBytes(4).toString('hex')}`;
  const administrator = `${prefix}_admin`;
  let database: TestDatabase;
  const connect = async (user: string, name = prefix) => {
    const address = new URL(database.environment.DATABASE_URL);
    Object.assign(address, { username: user, pathname: name });
    const client = new pg.Client(connectionSettings(address.href, 'a-password'));
    await client.connect();
    return client;
  };
  const ourNames = (name: 'roles.sql' | 'rights.sql') =>
    sqlOfFile(name).replaceAll(/stock_(?=owner|app|read)/g, `${prefix}_`);

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.asSuperuser(`CREATE ROLE ${administrator} LOGIN CREATEROLE CREATEDB PASSWORD 'a-password'`);
    await database.asSuperuser(`GRANT CONNECT ON DATABASE postgres TO ${administrator}`);
    const onServer = await connect(administrator, 'postgres');
    await onServer.query(`CREATE DATABASE ${prefix} TEMPLATE template0`);
    await onServer.end();
  });
  afterAll(async () => {
    await database.asSuperuser(`DROP DATABASE ${prefix} WITH (FORCE)`);
    await database.asSuperuser(`REVOKE ALL ON DATABASE postgres FROM ${administrator}`);
    for (const role of ['owner', 'app', 'read', 'admin']) await database.asSuperuser(`DROP ROLE ${prefix}_${role}`);
    await database.drop();
  });

  test('are made by its administrator, as often as wanted, and have no more rights than elsewhere', async () => {
    const admin = await connect(administrator);
    for (const _ of [1, 2]) {
      await admin.query(ourNames('roles.sql'));
      await admin.query(ourNames('rights.sql'));
    }
    for (const role of ['owner', 'app', 'read'])
      await admin.query(`ALTER ROLE ${prefix}_${role} PASSWORD 'a-password'`);
    await admin.end();
    const owner = await connect(`${prefix}_owner`);
    await owner.query('CREATE TABLE made (id int)');
    await owner.end();
    for (const role of ['app', 'read']) {
      const client = await connect(`${prefix}_${role}`);
      expect((await client.query('SHOW client_connection_check_interval')).rows[0]).toEqual({
        client_connection_check_interval: '1s',
      });
      for (const deed of ['CREATE TABLE another (id int)', 'SELECT FROM made', 'CREATE ROLE another']) {
        await expect(client.query(deed)).rejects.toMatchObject({ code: '42501' });
      }
      await client.end();
    }
  });
});

/**
 * One line for each function, sequence and table that others than the owner have rights on: what each role may do with
 * it. Partitions have the line of their table, and what is of the queue one together, unless one differs.
 */
async function rightsOf(owner: pg.Pool): Promise<string[]> {
  const { rows } = await owner.query<{ object: string; app: string; read: string; others: string }>(
    `WITH object AS (
       SELECT pg_class.oid, relowner AS owner, relacl AS acl,
              CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || coalesce(inhparent, pg_class.oid)::regclass AS name
       FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
       WHERE relnamespace IN ('public'::regnamespace, 'bullmq'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'S')
       UNION ALL
       SELECT oid, proowner, coalesce(proacl, acldefault('f', proowner)),
              'FUNCTION ' || CASE pronamespace WHEN 'public'::regnamespace THEN '' ELSE 'bullmq.' END || proname
       FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'bullmq'::regnamespace)
     ), granted AS (
       SELECT oid, grantee, privilege_type AS privilege FROM object, aclexplode(acl)
       UNION ALL
       SELECT attrelid, grantee, privilege_type || '(' || string_agg(attname, ',' ORDER BY attname) || ')'
       FROM pg_attribute, aclexplode(attacl) GROUP BY attrelid, grantee, privilege_type
     ), described AS (
       SELECT object.oid, name, coalesce(rolname, 'PUBLIC') AS grantee,
              string_agg(privilege, ' ' ORDER BY array_position('{SELECT,INSERT,UPDATE,DELETE}', privilege), privilege) AS rights
       FROM object JOIN granted ON granted.oid = object.oid LEFT JOIN pg_roles ON pg_roles.oid = grantee
       WHERE grantee <> owner
       GROUP BY object.oid, name, rolname
     )
     SELECT DISTINCT regexp_replace(name, 'bullmq\\.(?!migration$).*', 'bullmq.*') AS object,
            coalesce(min(rights) FILTER (WHERE grantee = 'stock_app'), '-') AS app,
            coalesce(min(rights) FILTER (WHERE grantee = 'stock_read'), '-') AS read,
            coalesce(string_agg('  ' || grantee || ': ' || rights, '') FILTER (WHERE grantee NOT IN ('stock_app', 'stock_read')), '') AS others
     FROM described GROUP BY oid, name`,
  );
  return rows
    .map(({ object, app, read, others }) => `${object.padEnd(31)}app: ${app.padEnd(29)}read: ${read}${others}`)
    .sort();
}
