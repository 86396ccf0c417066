import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { databaseRoles as rolesOfApplication } from '../../../app/src/database/roles';
import { freePorts } from '../../../app/test/support/free-ports';
import { typescript } from '../../../app/test/support/typescript';
import {
  type ClientRole,
  databaseRoles,
  loginName,
  monitorRole,
  renderHostBasedAuthentication,
  roleName,
} from '../../../constructs/postgres/postgres-config';

const clientRoles = [...databaseRoles, 'backup'] as const;
const repository = path.join(__dirname, '../../..');
const findPrograms = path.join(repository, '__tests__/postgres-programs.ts');

/** PostgreSQL's programs, and how to run a shell as somebody who may run them. */
interface Programs {
  postgres: string;
  account?: { uid: number; gid: number };
  shell: { command: string; args: string[]; identity: { uid?: number; gid?: number } };
}

// It makes a data directory, on a busy machine too.
jest.setTimeout(120_000);

describe('the start of the bundled PostgreSQL, with real programs', () => {
  let folder: string;
  let files: string;
  let port: number;
  let programs: Programs;
  let server: ChildProcess;
  let log = '';

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'postgres-start-'));
    files = path.join(folder, 'files');
    mkdirSync(path.join(files, 'passwords'), { recursive: true });
    programs = JSON.parse(execFileSync(process.execPath, [...typescript, findPrograms, folder], { encoding: 'utf8' }));
    [port] = (await freePorts(1)) as [number];
    for (const name of ['start.sh', 'keep-passwords.sh', 'monitor.sql', 'backup.sql', 'logins.sql'])
      cpSync(path.join(repository, 'constructs/postgres', name), path.join(files, name));
    for (const name of ['roles.sql', 'rights.sql'])
      cpSync(path.join(repository, 'app/database', name), path.join(files, name));
    writeFileSync(path.join(files, 'pg_hba.conf'), renderHostBasedAuthentication('stockdb'));
    writeFileSync(
      path.join(files, 'postgresql.conf'),
      `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\nfsync = off\n`,
    );
    if (programs.account) chownSync(folder, programs.account.uid, programs.account.gid);
    givePasswords('first');
    await start();
  });
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });

  function givePasswords(password: string): void {
    const roles = [
      ...clientRoles.flatMap((role) => [
        [role, roleName(role)],
        [`${role}-second`, loginName(role, 'second')],
      ]),
      ['monitor', monitorRole],
    ];
    for (const [role, name] of roles) givePassword(`${role}`, `ALTER ROLE ${name} PASSWORD '${password}-${role}';\n\n`);
  }

  const givePassword = (role: string, statement: string) =>
    writeFileSync(path.join(files, 'passwords', `${role}.sql`), statement);

  async function start(
    script = path.join(files, 'start.sh'),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { command, args, identity } = programs.shell;
    log = '';
    server = spawn(command, [...args, script], {
      ...identity,
      cwd: folder,
      env: {
        PATH: `${path.dirname(programs.postgres)}:${process.env.PATH}`,
        PGDATA: path.join(folder, 'data'),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (text) => {
        log += text;
      });
    }
    while (!log.includes('ready to accept connections')) {
      if (server.exitCode !== null || server.signalCode !== null) throw new Error(log);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function stop(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
    // What keeps the passwords notices within seconds that the server is gone, and has its log open until then.
    server.stdout?.destroy();
    server.stderr?.destroy();
  }

  async function connect(user: string, password: string, database = 'stockdb') {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
    await client.connect();
    return client;
  }

  async function ask(user: string, password: string, sql: string, database?: string) {
    const client = await connect(user, password, database);
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  test('makes the roles that the application knows, none of them a superuser', async () => {
    expect(databaseRoles.map(roleName)).toEqual(rolesOfApplication);
    for (const role of databaseRoles) {
      const [row] = await ask(
        roleName(role),
        `first-${role}`,
        'SELECT rolsuper FROM pg_roles WHERE rolname = current_user',
      );
      expect(row).toEqual({ rolsuper: false });
    }
  });

  test('lets the owner make tables, and nobody else; a reader makes not even temporary ones', async () => {
    await ask('stock_owner', 'first-owner', 'CREATE TABLE kept AS SELECT 1 AS row');
    await expect(ask('stock_app', 'first-app', 'CREATE TABLE another ()')).rejects.toMatchObject({ code: '42501' });
    await expect(ask('stock_read', 'first-read', 'CREATE TEMP TABLE another ()')).rejects.toMatchObject({
      code: '42501',
    });
  });

  describe('has a second login for each role of clients', () => {
    const asSecond = (role: ClientRole, sql: string, database?: string) =>
      ask(loginName(role, 'second'), `first-${role}-second`, sql, database);

    test.each(clientRoles)('that is %s as soon as it connects, with the same limits', async (role) => {
      const limits = `SELECT current_user::text AS role, current_setting('statement_timeout') AS statement,
        current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle`;
      expect(await asSecond(role, limits)).toEqual(await ask(roleName(role), `first-${role}`, limits));
    });

    test('what the owner’s makes is the owner’s', async () => {
      await asSecond('owner', 'CREATE TABLE of_second ()');
      await ask('stock_owner', 'first-owner', 'DROP TABLE of_second');
    });

    test('and who makes copies may do so by each', async () => {
      await asSecond('backup', `SELECT pg_create_physical_replication_slot('stock_second', true)`);
      await asSecond('backup', `SELECT pg_drop_replication_slot('stock_second')`);
      await asSecond('backup', 'CREATE DATABASE stock_second TEMPLATE stock_template', 'postgres');
      await asSecond('backup', 'DROP DATABASE stock_second', 'postgres');
    });

    test('which becomes nobody else', async () => {
      await expect(asSecond('read', 'SET ROLE stock_owner')).rejects.toMatchObject({ code: '42501' });
      await expect(asSecond('app', 'SET ROLE stock_read')).rejects.toMatchObject({ code: '42501' });
      await expect(asSecond('owner', 'CREATE ROLE another')).rejects.toMatchObject({ code: '42501' });
    });
  });

  describe('lets the monitor', () => {
    const monitor = (sql: string, database?: string) => ask(monitorRole, 'first-monitor', sql, database);

    test('see who is connected, the settings and the log of writes, of everybody', async () => {
      const reader = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'stock_read',
        password: 'first-read',
        database: 'stockdb',
      });
      await reader.connect();
      try {
        const seen = await monitor("SELECT state FROM pg_stat_activity WHERE usename = 'stock_read'");
        expect(seen).toEqual([{ state: 'idle' }]);
      } finally {
        await reader.end();
      }
      expect(await monitor("SELECT setting FROM pg_settings WHERE name = 'max_connections'")).toHaveLength(1);
      expect(await monitor('SELECT count(*) > 0 AS is_there FROM pg_ls_waldir()')).toEqual([{ is_there: true }]);
    });

    test.each([
      ['read a row', 'SELECT * FROM public.kept', '42501'],
      ['write a row', 'INSERT INTO public.kept VALUES (2)', '42501'],
      ['make a table', 'CREATE TABLE public.another ()', '42501'],
      ['make a temporary table', 'CREATE TEMP TABLE another ()', '42501'],
      ['become the owner', 'SET ROLE stock_owner', '42501'],
      ['read a file of the server', "SELECT pg_read_file('/etc/passwd')", '42501'],
      ['end a connection', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IS NULL', '42501'],
      ['ask for longer than 5 s', 'SELECT pg_sleep(6)', '57014'],
    ])('not %s', async (_, deed, code) => {
      await expect(monitor(`BEGIN READ WRITE; ${deed}; ROLLBACK`)).rejects.toMatchObject({ code });
    });

    test('not into another database, nor more often than twice at a time', async () => {
      await expect(monitor('SELECT 1', 'postgres')).rejects.toMatchObject({ code: '28000' });
      // One after the other, and they stay: of those that come at the same moment PostgreSQL may refuse both.
      const outcomes: PromiseSettledResult<pg.Client>[] = [];
      for (let time = 0; time < 3; time += 1)
        outcomes.push(...(await Promise.allSettled([connect(monitorRole, 'first-monitor')])));
      await Promise.all(outcomes.map((each) => each.status === 'fulfilled' && each.value.end()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '53300' } });
    });
  });

  describe('lets whoever makes copies', () => {
    const backup = (sql: string, database?: string) => ask('stock_backup', 'first-backup', sql, database);
    const refused = { code: '42501' };

    test('read every table, see and end what others do, and act as the owner', async () => {
      expect(await backup('SELECT * FROM kept')).toEqual([{ row: 1 }]);
      const [mayEnd] = await backup(`SELECT pg_has_role('pg_signal_backend', 'USAGE') AS yes`);
      expect(mayEnd).toEqual({ yes: true });
      await backup('SET ROLE stock_owner; CREATE TABLE passing (); DROP TABLE passing');
    });

    test('receive the log', async () => {
      await backup(`SELECT pg_create_physical_replication_slot('stock_test', true)`);
      await backup(`SELECT pg_drop_replication_slot('stock_test')`);
    });

    test.each([
      ['become a superuser', 'ALTER ROLE stock_backup SUPERUSER'],
      ['act as the superuser', 'SET ROLE postgres'],
      ['make a role', 'CREATE ROLE another'],
      ['change the password of another', `ALTER ROLE stock_owner PASSWORD 'another'`],
      ['hand its rights on', 'GRANT stock_owner TO stock_read'],
      ['read a file of the server', `SELECT pg_read_file('/etc/passwd')`],
      ['load a file of the server', `COPY kept FROM '/etc/passwd'`],
      ['write a file of the server', `COPY kept TO '/tmp/copy'`],
      ['run a program', `COPY kept FROM PROGRAM 'id'`],
      ['change a setting of the server', `ALTER SYSTEM SET fsync = 'off'`],
      ['change what restores begin with', 'ALTER DATABASE stock_template ALLOW_CONNECTIONS true'],
    ])('not %s', async (_, deed) => {
      await expect(backup(deed)).rejects.toMatchObject(refused);
    });

    test('not into the templates, nor more often than ten times at a time', async () => {
      await expect(backup('SELECT 1', 'stock_template')).rejects.toMatchObject({ code: '55000' });
      await expect(backup('SELECT 1', 'template1')).rejects.toMatchObject(refused);
      const outcomes = await Promise.allSettled(Array.from({ length: 11 }, () => backup('SELECT pg_sleep(2)')));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '53300' } });
    });
  });

  describe('a database for a restore', () => {
    const restored = 'stock_restoring_20261126T023000Z_4f1c9a';
    const former = 'stock_before_20261126T023000Z_4f1c9a';
    const backup = (sql: string, database?: string) => ask('stock_backup', 'first-backup', sql, database);
    const rename = (from: string, to: string) => backup(`ALTER DATABASE "${from}" RENAME TO "${to}"`, 'postgres');

    test('is made from the template, with exactly the rights that the application’s has', async () => {
      await backup(`CREATE DATABASE "${restored}" TEMPLATE stock_template`, 'postgres');
      await backup(readFileSync(path.join(files, 'rights.sql'), 'utf8'), restored);
      const rights = async (database: string) => ({
        database: await backup(
          `SELECT datdba::regrole::text AS owner, encoding, datcollate, datctype, array(SELECT unnest(datacl)::text ORDER BY 1) AS rights
           FROM pg_database WHERE datname = current_database()`,
          database,
        ),
        schemas: await backup(
          `SELECT nspname, nspowner::regrole::text AS owner, array(SELECT unnest(nspacl)::text ORDER BY 1) AS rights
           FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)' ORDER BY 1`,
          database,
        ),
        languages: await backup(
          `SELECT lanname, array(SELECT unnest(lanacl)::text ORDER BY 1) AS rights FROM pg_language ORDER BY 1`,
          database,
        ),
        functions: await backup(
          `SELECT oid::regprocedure::text AS name, array(SELECT unnest(proacl)::text ORDER BY 1) AS rights
           FROM pg_proc WHERE proacl IS NOT NULL ORDER BY 1`,
          database,
        ),
      });
      const ofRestored = await rights(restored);
      expect(ofRestored).toEqual(await rights('stockdb'));
      expect(ofRestored.database).toMatchObject([{ owner: 'stock_backup' }]);
      expect(JSON.stringify(ofRestored.functions)).toContain('lo_create');
    });

    test('is nobody else’s to come into before it has the name of the application’s', async () => {
      for (const role of databaseRoles) {
        await expect(ask(roleName(role), `first-${role}`, 'SELECT 1', restored)).rejects.toMatchObject({
          code: '28000',
        });
      }
      await expect(ask(monitorRole, 'first-monitor', 'SELECT 1', restored)).rejects.toMatchObject({ code: '28000' });
    });

    test('between the two renames, the server starts without one, says so and makes none', async () => {
      await rename('stockdb', former);
      await stop();
      await start();
      expect(log).toContain('There is no database stockdb, and none is made');
      const names = await backup("SELECT datname FROM pg_database WHERE datname ^@ 'stock' ORDER BY 1", 'postgres');
      expect(names.map(({ datname }) => datname)).toEqual([former, restored, 'stock_template']);
    });

    test('takes the application’s place, for everybody, and keeps its rights at the next start', async () => {
      await rename(restored, 'stockdb');
      await ask('stock_owner', 'first-owner', 'CREATE TABLE of_restore ()');
      await stop();
      await start();
      expect(log).not.toContain('There is no database stockdb');
      expect(await ask(monitorRole, 'first-monitor', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await expect(ask('stock_app', 'first-app', 'CREATE TABLE another ()')).rejects.toMatchObject({ code: '42501' });
      await expect(ask('stock_read', 'first-read', "DO 'BEGIN END'")).rejects.toMatchObject({ code: '42501' });
    });

    test('gives its place back', async () => {
      await rename('stockdb', restored);
      await rename(former, 'stockdb');
      await backup(`DROP DATABASE "${restored}"`, 'postgres');
      expect(await ask('stock_owner', 'first-owner', 'SELECT * FROM kept')).toEqual([{ row: 1 }]);
    });
  });

  test('lets nobody in as the superuser, with a wrong password, or into another database', async () => {
    const refused = { code: '28000' };
    await expect(ask('postgres', '', 'SELECT 1')).rejects.toMatchObject(refused);
    await expect(ask('stock_read', 'first-read', 'SELECT 1', 'postgres')).rejects.toMatchObject(refused);
    await expect(ask('stock_owner', 'first-read', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('keeps data checksums, and no password in its log', async () => {
    expect(await ask('stock_read', 'first-read', 'SHOW data_checksums')).toEqual([{ data_checksums: 'on' }]);
    expect(log).not.toContain('first-');
  });

  test('takes other passwords at the next start, and keeps the data', async () => {
    await stop();
    givePasswords('second');
    await start();
    expect(await ask('stock_owner', 'second-owner', 'SELECT * FROM kept')).toEqual([{ row: 1 }]);
    await expect(ask('stock_owner', 'first-owner', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('starts again after it was killed, where its number is now that of the script', async () => {
    await stop();
    const again = path.join(folder, 'again.sh');
    writeFileSync(again, `echo $$ >"$PGDATA/postmaster.pid"; exec sh "${path.join(files, 'start.sh')}"\n`);
    await start(again);
    expect(await ask('stock_owner', 'second-owner', 'SELECT * FROM kept')).toEqual([{ row: 1 }]);
  });

  test('ends, without telling the password, where the roles cannot be made', async () => {
    await stop();
    givePassword('app', "ALTER ROLE nobody_at_all PASSWORD 'third-app';\n\n");
    await expect(start()).rejects.toThrow('role "nobody_at_all" does not exist');
    expect(log).not.toContain('third-app');
    givePasswords('second');
    await start();
  });

  test('takes over a data directory whose superuser has another name, with what is in it', async () => {
    await stop();
    rmSync(path.join(folder, 'data'), { recursive: true });
    const { command, args, identity } = programs.shell;
    const former = path.join(folder, 'former.sh');
    writeFileSync(
      former,
      [
        'initdb --pgdata="$PGDATA" --username=stock --auth=trust',
        `printf 'CREATE DATABASE stockdb;\\n\\n' | postgres --single -j -D "$PGDATA" postgres`,
        `printf 'CREATE TABLE former (row int);\\n\\n' | postgres --single -j -D "$PGDATA" stockdb`,
      ].join(' && '),
    );
    execFileSync(command, [...args, former], {
      ...identity,
      cwd: folder,
      env: { PATH: `${path.dirname(programs.postgres)}:${process.env.PATH}`, PGDATA: path.join(folder, 'data') },
      stdio: 'pipe',
    });
    await start();
    const superusers = await ask(
      'stock_owner',
      'second-owner',
      'SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY 1',
    );
    expect(superusers).toEqual([{ rolname: 'postgres' }, { rolname: 'stock' }]);
    expect(await ask('stock_owner', 'second-owner', 'SELECT * FROM former')).toEqual([]);
    expect(await ask(monitorRole, 'second-monitor', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(ask('stock', '', 'SELECT 1')).rejects.toMatchObject({ code: '28000' });
  });

  test('makes no database where an upgrade brings it, and all besides; what it then finds it keeps', async () => {
    await stop();
    const upgraded = { PGDATA: path.join(folder, 'data-of-next'), DATABASE_COMES_FROM: '17' };
    const backup = (sql: string, database = 'postgres') => ask('stock_backup', 'second-backup', sql, database);
    await start(undefined, upgraded);
    expect(log).toContain('There is no database stockdb, and none is made: an upgrade is under way');
    await expect(ask('stock_app', 'second-app', 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
    await backup('CREATE DATABASE stock_restoring_1 TEMPLATE stock_template');
    await backup(readFileSync(path.join(files, 'rights.sql'), 'utf8'), 'stock_restoring_1');
    await backup('ALTER DATABASE stock_restoring_1 RENAME TO stockdb');
    expect(await ask('stock_app', 'second-app', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop();
    await start(undefined, upgraded);
    expect(log).not.toContain('There is no database stockdb');
    await stop();
    rmSync(upgraded.PGDATA, { recursive: true });
    await start();
  });

  test('begins anew where making the data directory was interrupted', async () => {
    await stop();
    rmSync(path.join(folder, 'data'), { recursive: true });
    mkdirSync(path.join(folder, 'data.unfinished', 'half'), { recursive: true });
    await start();
    expect(readdirSync(folder)).not.toContain('data.unfinished');
    expect(readFileSync(path.join(folder, 'data', 'PG_VERSION'), 'utf8')).toMatch(/^\d+/);
  });
});
