import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import { freePort } from '../../bench/ports';
import { type Case, create, refused, run, start } from './case';
import { copiesIn, manifestIn, othersIn } from './copies';
import { backupRole } from './postgres';
import { restoreAndCompare } from './restore';
import { WriteLoad } from './write-load';

const making = ['backup', 'create'];

const underLoad: Case = {
  name: 'copied while rows are written, and restored',
  async run(setting) {
    const load = new WriteLoad(setting.postgres);
    try {
      const id = await create(setting);
      const rows = await restoreAndCompare(setting, id);
      return `${load.writes} writes meanwhile; ${rows} rows restored have the hashes of the manifest`;
    } finally {
      await load.stop();
    }
  },
};

const oddContent: Case = {
  name: 'tables of odd names and content, and restored',
  async run(setting) {
    await setting.postgres.asSuperuser(async (client) => {
      await client.query('CREATE SCHEMA "odd schema"');
      await client.query(
        `CREATE TABLE "odd schema"."表 ""one""/.." (
          "c ""d""" text, document jsonb, written json, bytes bytea, place point, words tsvector, list text[], free numeric, many int GENERATED ALWAYS AS (1) STORED)`,
      );
      const insert = 'INSERT INTO "odd schema"."表 ""one""/.." VALUES ($1, $2, $3, $4, $5, $6, $7, $8)';
      const texts = ['', '\\N', '\\.', '\\', `'"`, '\t\r\n\v', '\u0001\u007f', '中文𠮷🙂', ' '.repeat(10), null];
      for (const text of texts) {
        const document = JSON.stringify({ text });
        await client.query(insert, [text, document, document, Buffer.from([0, 1, 255]), '(1,2)', 'a b', [text], 'NaN']);
      }
      const large = JSON.stringify({ many: Array.from({ length: 200_000 }, (_, index) => `value ${index}`) });
      await client.query(insert, ['large', large, large, null, null, null, null, null]);
      await client.query('CREATE TABLE "odd schema".empty ()');
      await client.query('CREATE UNLOGGED TABLE "odd schema".unlogged AS SELECT 1 AS number');
    });
    try {
      const id = await create(setting);
      await restoreAndCompare(setting, id);
      return 'quotes, \\N, control characters, json, NaN, 3 MB of jsonb: all hashes as before';
    } finally {
      await setting.postgres.asSuperuser((client) => client.query('DROP SCHEMA "odd schema" CASCADE'));
    }
  },
};

const wrongPassword: Case = {
  name: 'the password is wrong',
  run: (setting) =>
    refused(setting, making, 3, /does not let stock_backup in \(.*\); start it, or correct/, {
      DATABASE_PASSWORD: 'wrong',
    }),
};

const away: Case = {
  name: 'the server is away',
  run: async (setting) =>
    refused(setting, making, 3, /does not let stock_backup in \(.*ECONNREFUSED/, {
      DATABASE_URL: setting.postgres.url(backupRole, 'stockdb', await freePort()),
    }),
};

const noSuchDatabase: Case = {
  name: 'there is no such database',
  run: (setting) =>
    refused(setting, making, 3, /database "nothing" does not exist/, {
      DATABASE_URL: setting.postgres.url(backupRole, 'nothing'),
    }),
};

const empty: Case = {
  name: 'the database is empty',
  async run(setting) {
    await setting.postgres.makeDatabase('empty', { migrated: false });
    const DATABASE_URL = setting.postgres.url(backupRole, 'empty');
    const seen = await refused(setting, making, 1, /holds no table, so there is nothing to copy/, { DATABASE_URL });
    assert.deepEqual(othersIn(setting.store), []);
    await setting.postgres.asSuperuser((client) => client.query('DROP DATABASE empty'), 'postgres');
    return seen;
  },
};

const duringMigration: Case = {
  name: 'a migration is under way',
  run: ({ postgres, ...setting }) =>
    postgres.asSuperuser(async (migration) => {
      await migration.query('BEGIN');
      await migration.query('SELECT pg_advisory_xact_lock($1)', [PG_MIGRATE_LOCK_ID]);
      const words = [...making, '--lock-wait', '1'];
      const seen = await refused(
        { postgres, ...setting },
        words,
        1,
        /a migration or another copy has been under way for 1 s/,
      );
      const waiting = start({ postgres, ...setting }, making);
      await sleep(3_000);
      await migration.query('COMMIT');
      const { exitCode, stderr } = await waiting.ended;
      assert.equal(exitCode, 0, stderr);
      return `${seen}; with time to wait it waits, and is made`;
    }),
};

const migrationMeanwhile: Case = {
  name: 'a migration begins while a copy is made',
  async run(setting) {
    const { postgres } = setting;
    await postgres.makeDatabase('migrated_meanwhile');
    await postgres.asSuperuser(
      (client) =>
        client.query('DROP VIEW IF EXISTS unused; CREATE TABLE held AS SELECT generate_series(1, 2000000) AS number'),
      'migrated_meanwhile',
    );
    const DATABASE_URL = postgres.url(backupRole, 'migrated_meanwhile');
    const creating = start(setting, making, { DATABASE_URL });
    await creating.says('copying the database');
    const started = performance.now();
    assert.deepEqual(await postgres.migrate('migrated_meanwhile'), []);
    const nothingToDo = performance.now() - started;
    // One that is not known as done has to wait for the copy; that it then fails, as its table is there, shows that it ran.
    await postgres.asSuperuser(
      (client) => client.query('DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)'),
      'migrated_meanwhile',
    );
    let hasEnded = false;
    const migrating = postgres
      .migrate('migrated_meanwhile')
      .catch((error: Error) => error)
      .finally(() => {
        hasEnded = true;
      });
    await creating.says('reading it again');
    const waited = !hasEnded;
    const { exitCode, stderr } = await creating.ended;
    await migrating;
    assert.equal(exitCode, 0, stderr);
    assert.ok(waited, 'the migration did not wait');
    await postgres.asSuperuser((client) => client.query('DROP DATABASE migrated_meanwhile'), 'postgres');
    return `with nothing to do it passes in ${nothingToDo.toFixed(0)} ms; with something it waits for the copy`;
  },
};

const twoAtOnce: Case = {
  name: 'two copies at once',
  async run(setting) {
    const before = copiesIn(setting.store).length;
    const words = [...making, '--lock-wait', '0'];
    const ends = await Promise.all([start(setting, words).ended, start(setting, words).ended]);
    const codes = ends.map(({ exitCode }) => exitCode).sort();
    assert.deepEqual(codes, [0, 1]);
    const failed = ends.find(({ exitCode }) => exitCode === 1);
    assert.match(failed?.stderr ?? '', /another copy has been under way/);
    assert.equal(copiesIn(setting.store).length, before + 1);
    assert.deepEqual(othersIn(setting.store), []);
    const waiting = await Promise.all([start(setting, making).ended, start(setting, making).ended]);
    assert.deepEqual(
      waiting.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    return 'one is made, the other says why not; with time to wait both are';
  },
};

const withoutPrograms: Case = {
  name: 'there is no pg_dump',
  async run(setting) {
    const seen = await refused(setting, making, 3, /pg_dump cannot be run \(ENOENT\)/, { PATH: setting.folder });
    assert.deepEqual(othersIn(setting.store), []);
    return seen;
  },
};

const withConfiguration: Case = {
  name: 'with the configuration and logs, and with a folder of them that is missing',
  async run(setting) {
    const configuration = path.join(setting.folder, 'no such folder');
    const seen = await refused(
      setting,
      making,
      1,
      /BACKUP_CONFIGURATION: the folder '.*no such folder' cannot be read \(ENOENT\)/,
      { BACKUP_CONFIGURATION: configuration },
    );
    assert.deepEqual(othersIn(setting.store), []);
    const id = await create(setting, { BACKUP_CONFIGURATION: __dirname, BACKUP_LOGS: __dirname });
    const files = manifestIn(setting.store, id).files.map((file) => file.path);
    for (const archive of ['configuration.tar.gz', 'logs.tar.gz']) assert.ok(files.includes(archive));
    rmSync(path.join(setting.store, id), { recursive: true });
    const list = await run(setting, ['backup', 'list']);
    assert.equal(list.exitCode, 0);
    return seen;
  },
};

export const databaseCases = [
  underLoad,
  oddContent,
  wrongPassword,
  away,
  noSuchDatabase,
  empty,
  duringMigration,
  migrationMeanwhile,
  twoAtOnce,
  withoutPrograms,
  withConfiguration,
];
