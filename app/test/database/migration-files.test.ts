import { findSchemaFault, migrationNames, parseMigration, readMigrations } from '../../src/database/migration-files';

const text = (head: string) =>
  `${head}\n\n-- Up Migration\n\nALTER TABLE job ADD note text;\n\n-- Down Migration\n\nDROP IT;\n`;

test('every migration says what it is, and goes up only', () => {
  for (const { statements } of readMigrations()) expect(statements.join()).not.toContain('Down Migration');
  expect(parseMigration('011_note', text('-- expand'))).toEqual({
    name: '011_note',
    oldestVersion: undefined,
    statements: ['\n\nALTER TABLE job ADD note text;\n\n'],
    isOutsideTransaction: false,
  });
});

test('one that does not say it is refused, with what its first line may be', () => {
  expect(() => parseMigration('011_note', text('-- Up Migration'))).toThrow(
    /^migration 011_note begins with "-- Up Migration", allowed: "-- expand" or "-- contract"/,
  );
});

test('one that takes something away has the oldest version that works without it in its name, and no other has', () => {
  expect(parseMigration('012_no-note_from-0.3.0', text('-- contract')).oldestVersion).toBe('0.3.0');
  expect(() => parseMigration('012_no-note', text('-- contract'))).toThrow('such as 012_no-note_from-0.2.0');
  expect(() => parseMigration('012_note_from-0.3.0', text('-- expand'))).toThrow('says "expand"');
});

test('outside a transaction each statement is sent alone', () => {
  const { statements, isOutsideTransaction } = parseMigration(
    '011_index',
    '-- expand, outside a transaction\n\n-- Up Migration\n\nDROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i\n  ON job (id);\n',
  );
  expect(isOutsideTransaction).toBe(true);
  expect(statements).toEqual(['DROP INDEX CONCURRENTLY IF EXISTS i', 'CREATE INDEX CONCURRENTLY i\n  ON job (id)']);
});

describe('a schema that a later version made', () => {
  const and = (name: string) => [...migrationNames, name];

  test('is one that a version works with, until something it needs was taken away', () => {
    expect(findSchemaFault(and('900_note'), '0.2.0')).toBeUndefined();
    expect(findSchemaFault(and('901_no-note_from-0.2.0'), '0.2.0')).toBeUndefined();
    expect(findSchemaFault(and('901_no-note_from-0.2.0'), '0.10.0')).toBeUndefined();
    expect(findSchemaFault(and('901_no-note_from-0.10.0'), '0.9.1')).toEqual({
      fault: 'the database has the migration 901_no-note_from-0.10.0, which took away what version 0.9.1 needs',
      advice: 'deploy 0.10.0 or a later version, or restore a copy from before that migration',
    });
  });
});
