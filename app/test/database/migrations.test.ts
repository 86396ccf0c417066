import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSettings } from '../../src/database/connection-settings';
import { type Migration, migrationNames, parseMigration, readMigrations } from '../../src/database/migration-files';
import { applyMigrations, migrate, schemaFault } from '../../src/database/migrations';
import { ownerRole } from '../../src/database/roles';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('migrations', () => {
  let database: TestDatabase;
  let ran: string[][];
  const lines: string[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    expect(await schemaFault(database.owner)).toEqual({
      fault: 'migrations are missing',
      advice: 'run `stock migrate`',
    });
    const run = () => migrate(database.environmentOf(ownerRole), 0, (line) => lines.push(line));
    ran = await Promise.all([run(), run()]);
  });
  afterAll(() => database.drop());

  const partitions = async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'stock_data'::regclass ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  test('bring an empty database to the current schema, once, however many start them at the same time', async () => {
    expect(ran.flat()).toEqual(migrationNames);
    expect(await schemaFault(database.owner)).toBeUndefined();
  });

  test('say what they did', () => {
    for (const name of migrationNames) expect(lines.filter((line) => line === `applied ${name}`)).toHaveLength(1);
    expect(lines).toContain(`schema is current (${migrationNames.at(-1)})`);
    expect(lines).toContain('job queue schema is current');
  });

  test('do nothing the next time', async () => {
    expect(await migrate(database.environmentOf(ownerRole), 0, () => undefined)).toEqual([]);
  });

  test('make a partition for every year from 1990 through the next', async () => {
    const next = new Date().getFullYear() + 1;
    const names = await partitions();
    expect(names[0]).toBe('stock_data_1990');
    expect(names.at(-1)).toBe(`stock_data_${next}`);
    expect(names).toHaveLength(next - 1990 + 1);
  });

  test('let processes of the version before and of this one write the state of a breaker beside each other', async () => {
    const { owner } = database;
    const state = async () => {
      const { rows } = await owner.query('SELECT open_until, closed_until FROM source_api');
      expect(rows).toHaveLength(1);
      expect(rows[0].open_until).toEqual(rows[0].closed_until);
      return rows[0].open_until?.toISOString() ?? null;
    };
    const [first, second] = ['2026-01-05T10:00:00.000Z', '2026-01-05T11:00:00.000Z'];
    const insert = (column: string) =>
      `INSERT INTO source_api AS known (source, api, tokens, ${column}) VALUES ('tushare', 'daily', 1, $1)
       ON CONFLICT (source, api) DO UPDATE SET ${column} = greatest(known.${column}, excluded.${column})`;
    await owner.query(insert('closed_until'), [first]);
    expect(await state()).toBe(first);
    await owner.query(insert('open_until'), [second]);
    expect(await state()).toBe(second);
    await owner.query(insert('closed_until'), [first]);
    expect(await state()).toBe(second);
    await owner.query('UPDATE source_api SET closed_until = NULL');
    expect(await state()).toBeNull();
    await owner.query('UPDATE source_api SET open_until = $1', [first]);
    expect(await state()).toBe(first);
    await owner.query('DELETE FROM source_api');
  });

  describe('that meet others who work on the same table', () => {
    const [head, up] = ['-- expand', '-- Up Migration\n\n'];
    const extra = (name: string, statements: string, first = head) =>
      parseMigration(name, `${first}\n\n${up}${statements}`);
    const apply = async (migration: Migration) => {
      const said: string[] = [];
      const done = await withOwner((client) =>
        applyMigrations(client, [...readMigrations(), migration], (line) => said.push(line)),
      );
      return { done, said };
    };
    const withOwner = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
      const { DATABASE_URL, DATABASE_PASSWORD } = database.environmentOf(ownerRole);
      const client = new pg.Client(connectionSettings(DATABASE_URL, DATABASE_PASSWORD));
      await client.connect();
      return work(client).finally(() => client.end());
    };
    afterEach(() => database.owner.query("DELETE FROM schema_migration WHERE name LIKE '9%'"));

    test('give up their place in the queue before a reader has waited too long, and come again', async () => {
      const holder = await database.pool.connect();
      await holder.query('BEGIN');
      await holder.query('SELECT count(*) FROM symbol_alias');
      const applying = apply(extra('900_note', 'ALTER TABLE symbol_alias ADD note text;'));
      await untilWaiting();
      const began = performance.now();
      await database.reader.query('SELECT count(*) FROM symbol_alias');
      const waited = performance.now() - began;
      await holder.query('COMMIT');
      holder.release();
      const { done, said } = await applying;
      expect(waited).toBeLessThan(2_000);
      expect(done).toEqual(['900_note']);
      expect(said.filter((line) => line.includes('needs a lock that others have'))).not.toHaveLength(0);
      expect(said.at(-1)).toBe('applied 900_note');
    }, 30_000);

    const untilWaiting = async () => {
      const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'symbol_alias'::regclass";
      while ((await database.owner.query(waiting)).rowCount === 0) await sleep(20);
    };

    test('make an index without keeping writers out, where they say so, and again where it was left half made', async () => {
      const index =
        'DROP INDEX CONCURRENTLY IF EXISTS alias_source;\nCREATE INDEX CONCURRENTLY alias_source ON symbol_alias (source);\n';
      const outside = `${head}, outside a transaction`;
      await expect(apply(extra('901_index', index))).rejects.toThrow('cannot run inside a transaction block');
      expect((await apply(extra('901_index', index, outside))).done).toEqual(['901_index']);
      await database.owner.query("DELETE FROM schema_migration WHERE name = '901_index'");
      expect((await apply(extra('901_index', index, outside))).done).toEqual(['901_index']);
    });

    test('leave nothing of one that fails, and run the next time', async () => {
      const broken = 'ALTER TABLE symbol_alias ADD other text;\nSELECT 1 / 0;';
      await expect(apply(extra('902_other', broken))).rejects.toThrow('division by zero');
      expect((await apply(extra('902_other', 'ALTER TABLE symbol_alias ADD other text;'))).done).toEqual(['902_other']);
    });
  });

  test('leave no table that a crash would empty', async () => {
    const { rows } = await database.pool.query("SELECT relname FROM pg_class WHERE relpersistence = 'u'");
    expect(rows).toEqual([]);
  });

  test("make the manual's index on symbol and day, valid on every partition", async () => {
    const { rows } = await database.owner.query<{ valid: boolean; definition: string; partitions: number }>(
      `SELECT indisvalid AS valid, pg_get_indexdef(indexrelid) AS definition,
              (SELECT count(*)::int FROM pg_inherits WHERE inhparent = indexrelid) AS partitions
       FROM pg_index WHERE indexrelid = 'idx_stock_data_symbol_date'::regclass`,
    );
    expect(rows[0]?.valid).toBe(true);
    expect(rows[0]?.definition).toContain('(symbol, trade_date)');
    expect(rows[0]?.partitions).toBe((await partitions()).length);
  });

  test('say which database did not answer, and what to do', async () => {
    const environment = {
      ...database.environmentOf(ownerRole),
      DATABASE_URL: 'postgresql://stock@127.0.0.1:1/stockdb',
    };
    await expect(migrate(environment, 0, () => undefined)).rejects.toThrow(
      /the database at 127\.0\.0\.1:1\/stockdb did not answer within 0 s .*start it, or correct DATABASE_URL/,
    );
  });
});
