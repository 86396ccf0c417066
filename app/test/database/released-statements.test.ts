import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database';
import type { ReleasedStatements } from '../support/write-statements';

const { statements }: ReleasedStatements = JSON.parse(
  readFileSync(path.join(__dirname, 'released-statements.json'), 'utf8'),
);

describe('what the version before says to the database, which serves while migrations run and comes back after a rollback', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  /** Statements that cannot be planned in the schema as it is, each with the reason; a plan needs no values. */
  async function impossible(): Promise<string[]> {
    const found: string[] = [];
    for (const { role, text } of statements) {
      const pool = role === 'stock_read' ? database.reader : database.pool;
      await pool
        .query(`EXPLAIN (GENERIC_PLAN) ${text}`)
        .catch((error: Error) => found.push(`${role}: ${error.message}: ${text}`));
    }
    return found;
  }

  test('can be said after all migrations, with the rights that its roles have', async () => {
    expect(statements.length).toBeGreaterThan(50);
    expect(await impossible()).toEqual([]);
  });

  test('cannot where an index is another that ON CONFLICT names by its condition, as once happened', async () => {
    await database.owner.query(
      'DROP INDEX job_unfinished_request; CREATE UNIQUE INDEX job_unfinished_request ON job (type, md5(request::text)) WHERE finished_at IS NULL AND parent_id IS NULL AND priority > 0',
    );
    const found = await impossible();
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) expect(each).toMatch(/no unique or exclusion constraint matching the ON CONFLICT/);
  });

  test('cannot where a column has another name, or a right is gone', async () => {
    await database.owner.query('ALTER TABLE job RENAME deferrals TO times_deferred');
    expect((await impossible()).join()).toContain('column "deferrals" does not exist');
    await database.owner.query(
      'ALTER TABLE job RENAME times_deferred TO deferrals; REVOKE INSERT ON job FROM stock_read',
    );
    expect((await impossible()).join()).toContain('stock_read: permission denied for table job');
  });
});
