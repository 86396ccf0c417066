import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { lintMigrations } from '../../../tools/migrations/lint';
import { rules } from '../../../tools/migrations/rules';
import { repositoryRoot } from '../../command';

/** Rules that statements break in a migration of their own. */
async function broken(statements: string, head = '-- expand', name = '900_trial'): Promise<string[]> {
  const found = await lintMigrations(new Map([[name, `${head}\n\n-- Up Migration\n\n${statements};\n`]]));
  return found.map(({ rule }) => rule);
}

/** For each rule what breaks it, and what is to be done instead. */
const cases: Record<string, { bad: readonly string[]; good: readonly string[] }> = {
  'drop-column': { bad: ['ALTER TABLE job DROP COLUMN deferrals'], good: ['ALTER TABLE job ADD note text'] },
  'drop-object': {
    bad: ['DROP TABLE job', 'DROP VIEW exchange_day', 'DROP FUNCTION find_api_key', 'DROP SEQUENCE quote_batch_number'],
    good: ['CREATE TABLE a (id int); DROP TABLE a'],
  },
  'drop-index': {
    bad: ['DROP INDEX job_state'],
    good: ['CREATE TABLE a (id int); CREATE INDEX i ON a (id); DROP INDEX i'],
  },
  'drop-constraint': { bad: ['ALTER TABLE job DROP CONSTRAINT job_state_check'], good: [] },
  rename: {
    bad: [
      'ALTER TABLE job RENAME deferrals TO times',
      'ALTER TABLE job RENAME TO work',
      "ALTER TYPE kind RENAME VALUE 'a' TO 'b'",
      'ALTER TABLE job SET SCHEMA other',
    ],
    good: ["ALTER TYPE kind ADD VALUE 'b'"],
  },
  'set-not-null': {
    bad: ['ALTER TABLE job ALTER error SET NOT NULL'],
    good: ['ALTER TABLE job ALTER error DROP NOT NULL'],
  },
  'required-column': {
    bad: ['ALTER TABLE job ADD note text NOT NULL'],
    good: ["ALTER TABLE job ADD note text NOT NULL DEFAULT ''", 'CREATE TABLE a (id int NOT NULL)'],
  },
  revoke: {
    bad: ['REVOKE INSERT ON job FROM stock_read'],
    good: [
      'GRANT INSERT ON job TO stock_read',
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; REVOKE ALL ON FUNCTION f FROM stock_app',
    ],
  },
  truncate: { bad: ['TRUNCATE job'], good: [] },
  'retype-column': { bad: ['ALTER TABLE job ALTER error TYPE varchar'], good: [] },
  rewrite: { bad: ['ALTER TABLE quote SET UNLOGGED', 'VACUUM FULL job', 'CLUSTER job USING job_pkey'], good: [] },
  'computed-column': {
    bad: [
      'ALTER TABLE job ADD key uuid DEFAULT gen_random_uuid()',
      'ALTER TABLE job ADD number bigserial',
      'ALTER TABLE job ADD number bigint GENERATED ALWAYS AS IDENTITY',
      'ALTER TABLE job ADD twice int GENERATED ALWAYS AS (attempts * 2) STORED',
    ],
    good: [
      'ALTER TABLE job ADD seen_at timestamptz DEFAULT now()',
      'ALTER TABLE job ADD key uuid; ALTER TABLE job ALTER key SET DEFAULT gen_random_uuid()',
    ],
  },
  'constraint-without-not-valid': {
    bad: [
      'ALTER TABLE job ADD CONSTRAINT few CHECK (attempts < 9)',
      'ALTER TABLE job ADD CONSTRAINT key FOREIGN KEY (api_key_id) REFERENCES api_key',
      'ALTER TABLE job ADD owner uuid REFERENCES api_key',
    ],
    good: [
      'ALTER TABLE job ADD CONSTRAINT few CHECK (attempts < 9) NOT VALID',
      'ALTER TABLE job VALIDATE CONSTRAINT few',
    ],
  },
  'unique-constraint': {
    bad: ['ALTER TABLE job ADD CONSTRAINT one UNIQUE (error)', 'ALTER TABLE job ADD code text UNIQUE'],
    good: ['ALTER TABLE job ADD CONSTRAINT one UNIQUE USING INDEX job_one'],
  },
  'index-not-concurrently': {
    bad: ['CREATE INDEX job_error ON job (error)', 'REINDEX TABLE job'],
    good: ['CREATE TABLE a (id int); CREATE INDEX i ON a (id)'],
  },
  'concurrently-in-transaction': { bad: ['CREATE INDEX CONCURRENTLY job_error ON job (error)'], good: [] },
  'lock-table': { bad: ['LOCK TABLE job'], good: [] },
  backfill: {
    bad: ["UPDATE job SET error = ''", 'DELETE FROM job'],
    good: ['CREATE TABLE a (id int); UPDATE a SET id = 1'],
  },
  'unseen-statements': { bad: ['DO $$ BEGIN PERFORM 1; END $$'], good: [] },
};

test('every rule has a case that breaks it', () => {
  expect(Object.keys(cases)).toEqual(rules.map(({ id }) => id));
});

describe.each(Object.entries(cases))('the rule %s', (rule, { bad, good }) => {
  test.each(bad)('is broken by: %s', async (statement) => {
    expect(await broken(statement)).toContain(rule);
  });

  test('is kept by what is to be done instead', async () => {
    for (const statements of good) expect([statements, await broken(statements)]).toEqual([statements, []]);
  });
});

test('an index is built and dropped again concurrently, outside a transaction', async () => {
  const statements = 'DROP INDEX CONCURRENTLY IF EXISTS job_error;\nCREATE INDEX CONCURRENTLY job_error ON job (error)';
  expect(await broken(statements, '-- expand, outside a transaction')).toEqual([]);
});

test('a contraction may break what ran before, and lock no more than others', async () => {
  const name = '900_trial_from-9.0.0';
  expect(await broken('ALTER TABLE job DROP COLUMN deferrals', '-- contract', name)).toEqual([]);
  expect(await broken('LOCK TABLE job', '-- contract', name)).toEqual(['lock-table']);
});

describe('what a migration allows itself', () => {
  test('has a reason', async () => {
    expect(await broken('LOCK TABLE job', '-- expand\n-- allow lock-table: nobody uses it at night')).toEqual([]);
    expect(await broken('LOCK TABLE job', '-- expand\n-- allow lock-table:')).toEqual(['lock-table']);
  });

  test('is what it needs, and no more', async () => {
    const head = '-- expand\n-- allow lock-table, drop-colum: nobody uses it';
    expect(await broken('LOCK TABLE job', head)).toEqual(['drop-colum']);
  });
});

test('what is not SQL is refused by name', async () => {
  await expect(broken('ALTER TABEL job')).rejects.toThrow(/migration 900_trial is not SQL of PostgreSQL: syntax error/);
});

test('the migrations of the application break no rule', async () => {
  const folder = join(repositoryRoot, 'app/migrations');
  const files = readdirSync(folder).sort();
  expect(files.length).toBeGreaterThan(10);
  const texts = files.map((file) => [parse(file).name, readFileSync(join(folder, file), 'utf8')] as const);
  expect(await lintMigrations(new Map(texts))).toEqual([]);
});
