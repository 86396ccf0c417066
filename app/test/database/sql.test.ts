import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../../src/database/pool';
import { identifier, integer, joined, literal, sql } from '../../src/database/sql';
import { createTestDatabase, type TestDatabase } from '../support/database';

const sourceFolder = path.join(__dirname, '../../src');

describe('SQL', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = testDatabase.pool;
  });
  afterAll(() => testDatabase.drop());

  // `npm run types` fails as soon as one of these lines is allowed.
  test('is no text that was joined, as far as the compiler is concerned', async () => {
    const text = 'SELECT 1';
    const name = 'stock';
    const statements = [
      // @ts-expect-error a plain text
      () => database.query(text),
      // @ts-expect-error a text in the place of SQL
      () => database.query(sql`SELECT FROM ${name}`),
      // @ts-expect-error a joined text
      () => database.query(`SELECT FROM ${name}`),
      // @ts-expect-error SQL joined to a text
      () => database.query(`${sql`SELECT 1`}`),
      // @ts-expect-error a text in a statement with a name
      () => database.query({ name: 'one', text }),
      // @ts-expect-error a number in the place of SQL
      () => database.query(sql`SELECT ${1}`),
    ];
    for (const ask of statements) expect((await ask()).rows).toBeDefined();
  });

  test('is made in one file alone', () => {
    const files = readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file));
    const makers = files.filter((file) =>
      /\bas (unknown as )?Sql\b/.test(readFileSync(path.join(sourceFolder, file), 'utf8')),
    );
    expect(makers).toEqual([path.join('database', 'sql.ts')]);
  });

  test('takes any text as a literal', async () => {
    for (const text of ["it's", String.raw`\'; DROP TABLE stock; --`, '$$', '', '名"称']) {
      expect((await database.query(sql`SELECT ${literal(text)} AS text`)).rows).toEqual([{ text }]);
    }
  });

  test('takes no name of a table or column but plain ones, and no number but whole ones', async () => {
    for (const name of ['', 'a"b', 'a b', 'A', '1a', 'a;', 'stock--', '名']) {
      expect(() => identifier(name)).toThrow(/is no name of a table or column/);
    }
    for (const number of [1.5, Number.NaN, 1e300, Number.POSITIVE_INFINITY]) {
      expect(() => integer(number)).toThrow(/is not a whole number/);
    }
    const columns = joined([identifier('symbol'), sql`${integer(-2)} AS number`], ', ');
    await testDatabase.pool.query("INSERT INTO stock (symbol, source) VALUES ('600000.SH', 'sample')");
    const { rows } = await database.query(sql`SELECT ${columns} FROM ${identifier('stock')} WHERE symbol = $1`, [
      '600000.SH',
    ]);
    expect(rows).toEqual([{ symbol: '600000.SH', number: -2 }]);
  });
});
