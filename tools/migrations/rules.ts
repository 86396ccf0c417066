import type { AlterTableCmd, ColumnDef, Constraint, DropStmt, Node, RangeVar } from 'libpg-query';

/** One statement of a migration, and what is known of the rest of it. */
export interface Statement {
  readonly node: Node;
  readonly isOutsideTransaction: boolean;
  /** Whether the migration makes it itself: nobody reads or writes it yet. */
  isNew(name: string | undefined): boolean;
}

/** Something that a migration must not do while other processes serve. */
export interface Rule {
  /** By which a migration allows it itself. */
  readonly id: string;
  /** Breaks the version that runs, which a contraction may do; or makes it wait, which nothing may. */
  readonly kind: 'breaks' | 'locks';
  readonly why: string;
  readonly instead: string;
  isBroken(statement: Statement): boolean;
}

const twoReleases = 'let a later contraction do it (CONTRIBUTING.md, "Change the schema")';

const nameOf = (relation: RangeVar | undefined): string | undefined => relation?.relname;

/** The parts of an ALTER TABLE of a table that others use. */
function changes({ node, isNew }: Statement): AlterTableCmd[] {
  if (!('AlterTableStmt' in node) || isNew(nameOf(node.AlterTableStmt.relation))) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((each) => ('AlterTableCmd' in each ? [each.AlterTableCmd] : []));
}

const changesAs = (statement: Statement, ...subtypes: string[]): boolean =>
  changes(statement).some(({ subtype = '' }) => subtypes.includes(subtype));

const addedColumns = (statement: Statement): ColumnDef[] =>
  changes(statement).flatMap(({ subtype, def }) =>
    subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? [def.ColumnDef] : [],
  );

const constraintsOf = ({ constraints = [] }: ColumnDef): Constraint[] =>
  constraints.flatMap((each) => ('Constraint' in each ? [each.Constraint] : []));

const has = (column: ColumnDef, ...types: string[]): boolean =>
  constraintsOf(column).some(({ contype = '' }) => types.includes(contype));

const addedConstraints = (statement: Statement): Constraint[] =>
  changes(statement).flatMap(({ subtype, def }) =>
    subtype === 'AT_AddConstraint' && def && 'Constraint' in def ? [def.Constraint] : [],
  );

const typeOf = ({ typeName }: ColumnDef): string => lastWord(typeName?.names);

function lastWord(names: readonly Node[] = []): string {
  const last = names.at(-1);
  return (last && 'String' in last && last.String.sval) || '';
}

/** Give the same to every row, so that no row has to be written. */
const stable = ['now', 'statement_timestamp', 'transaction_timestamp', 'to_timestamp', 'lower', 'upper'];

/** Whether an expression calls what may answer differently for each row. */
function isVolatile(expression: unknown): boolean {
  if (typeof expression !== 'object' || expression === null) return false;
  const { FuncCall } = expression as { FuncCall?: { funcname?: Node[] } };
  if (FuncCall && !stable.includes(lastWord(FuncCall.funcname))) return true;
  return Object.values(expression).some(isVolatile);
}

const dropped = ({ node }: Statement): DropStmt | undefined => ('DropStmt' in node ? node.DropStmt : undefined);

function droppedName({ objects = [] }: DropStmt): string | undefined {
  const [first] = objects;
  if (!first) return undefined;
  if ('List' in first) return lastWord(first.List.items);
  return 'ObjectWithArgs' in first ? lastWord(first.ObjectWithArgs.objname) : undefined;
}

/** What others use is dropped, unless it could not be there. */
const drops = (statement: Statement, isOf: (type: string) => boolean): boolean => {
  const drop = dropped(statement);
  return drop !== undefined && isOf(drop.removeType ?? '') && !statement.isNew(droppedName(drop));
};

const isIndex = (type: string): boolean => type === 'OBJECT_INDEX';

/** Every rule. An id is in migrations that allow it, and stays. */
export const rules: readonly Rule[] = [
  {
    id: 'drop-column',
    kind: 'breaks',
    why: 'the version that runs names the column',
    instead: twoReleases,
    isBroken: (statement) => changesAs(statement, 'AT_DropColumn'),
  },
  {
    id: 'drop-object',
    kind: 'breaks',
    why: 'the version that runs may use it',
    instead: twoReleases,
    isBroken: (statement) => drops(statement, (type) => !isIndex(type)),
  },
  {
    id: 'drop-index',
    kind: 'breaks',
    why: 'an ON CONFLICT of the version that runs may name it by its columns, and what reads by it becomes slow',
    instead: twoReleases,
    isBroken: (statement) => drops(statement, isIndex) && !isMadeAgain(statement),
  },
  {
    id: 'drop-constraint',
    kind: 'breaks',
    why: 'an ON CONFLICT of the version that runs may name it',
    instead: twoReleases,
    isBroken: (statement) => changesAs(statement, 'AT_DropConstraint'),
  },
  {
    id: 'rename',
    kind: 'breaks',
    why: 'the version that runs knows the former name',
    instead: 'add the new name, keep both in step, and let a later contraction drop the former',
    isBroken: ({ node }) =>
      'RenameStmt' in node ||
      'AlterObjectSchemaStmt' in node ||
      ('AlterEnumStmt' in node && Boolean(node.AlterEnumStmt.oldVal)),
  },
  {
    id: 'set-not-null',
    kind: 'breaks',
    why: 'the version that runs may write a null, and every row is read under a lock',
    instead:
      'ADD CHECK (… IS NOT NULL) NOT VALID once nothing writes nulls, and VALIDATE CONSTRAINT in a migration of its own',
    isBroken: (statement) => changesAs(statement, 'AT_SetNotNull'),
  },
  {
    id: 'required-column',
    kind: 'breaks',
    why: 'the version that runs does not know the column, so each of its inserts would fail',
    instead: 'give it a DEFAULT, or leave it nullable',
    isBroken: (statement) =>
      addedColumns(statement).some(
        (column) =>
          has(column, 'CONSTR_NOTNULL', 'CONSTR_PRIMARY') &&
          !has(column, 'CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'),
      ),
  },
  {
    id: 'revoke',
    kind: 'breaks',
    why: 'the version that runs may need the right',
    instead: twoReleases,
    isBroken: ({ node, isNew }) =>
      'GrantStmt' in node &&
      !node.GrantStmt.is_grant &&
      !(node.GrantStmt.objects ?? []).every((each) => isNew(grantedName(each))),
  },
  {
    id: 'truncate',
    kind: 'breaks',
    why: 'rows that the version that runs serves are gone',
    instead: 'delete what is to go in batches, by a command',
    isBroken: ({ node }) => 'TruncateStmt' in node,
  },
  {
    id: 'retype-column',
    kind: 'breaks',
    why: 'the version that runs writes the former type, and the table is written anew under a lock that nobody passes',
    instead: 'add a column of the new type, keep both in step, and let a later contraction drop the former',
    isBroken: (statement) => changesAs(statement, 'AT_AlterColumnType'),
  },
  {
    id: 'rewrite',
    kind: 'locks',
    why: 'the table is written anew under a lock that nobody passes',
    instead: 'make another table, fill it in batches, and let a later contraction drop the former',
    isBroken: (statement) =>
      changesAs(
        statement,
        'AT_AlterColumnType',
        'AT_SetLogged',
        'AT_SetUnLogged',
        'AT_SetAccessMethod',
        'AT_SetTableSpace',
      ) ||
      'ClusterStmt' in statement.node ||
      'VacuumStmt' in statement.node,
  },
  {
    id: 'computed-column',
    kind: 'locks',
    why: 'every row is written anew under a lock that nobody passes: a stored column, a serial, or a default that differs from row to row',
    instead: 'add it nullable, set the DEFAULT in a second statement, and fill rows in batches, by a command',
    isBroken: (statement) =>
      addedColumns(statement).some(
        (column) =>
          has(column, 'CONSTR_GENERATED', 'CONSTR_IDENTITY') ||
          /serial/.test(typeOf(column)) ||
          constraintsOf(column).some(({ contype, raw_expr }) => contype === 'CONSTR_DEFAULT' && isVolatile(raw_expr)),
      ),
  },
  {
    id: 'constraint-without-not-valid',
    kind: 'locks',
    why: 'every row is checked under a lock that keeps writers out',
    instead: 'add it NOT VALID, and VALIDATE CONSTRAINT in a migration of its own',
    isBroken: (statement) =>
      addedConstraints(statement).some(
        ({ contype, skip_validation: isLater }) =>
          !isLater && ['CONSTR_FOREIGN', 'CONSTR_CHECK'].includes(contype ?? ''),
      ) || addedColumns(statement).some((column) => has(column, 'CONSTR_FOREIGN', 'CONSTR_CHECK')),
  },
  {
    id: 'unique-constraint',
    kind: 'locks',
    why: 'its index is built under a lock that nobody passes',
    instead: 'CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX',
    isBroken: (statement) =>
      addedConstraints(statement).some(
        ({ contype, indexname }) =>
          !indexname && ['CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_EXCLUSION'].includes(contype ?? ''),
      ) || addedColumns(statement).some((column) => has(column, 'CONSTR_UNIQUE', 'CONSTR_PRIMARY')),
  },
  {
    id: 'index-not-concurrently',
    kind: 'locks',
    why: 'nobody writes the table while its index is built, dropped or built anew',
    instead: 'CONCURRENTLY, in a migration "outside a transaction"',
    isBroken: (statement) => {
      const { node, isNew } = statement;
      if ('IndexStmt' in node) return !node.IndexStmt.concurrent && !isNew(nameOf(node.IndexStmt.relation));
      if ('ReindexStmt' in node) return !JSON.stringify(node.ReindexStmt).includes('"concurrently"');
      return drops(statement, isIndex) && !dropped(statement)?.concurrent;
    },
  },
  {
    id: 'concurrently-in-transaction',
    kind: 'locks',
    why: 'PostgreSQL refuses it',
    instead: 'begin the file with ", outside a transaction"',
    isBroken: (statement) =>
      !statement.isOutsideTransaction &&
      (('IndexStmt' in statement.node && Boolean(statement.node.IndexStmt.concurrent)) ||
        Boolean(dropped(statement)?.concurrent)),
  },
  {
    id: 'lock-table',
    kind: 'locks',
    why: 'all others wait until the migration has ended',
    instead: 'leave it to the statements to take the locks that they need',
    isBroken: ({ node }) => 'LockStmt' in node,
  },
  {
    id: 'backfill',
    kind: 'locks',
    why: 'every row that is changed stays locked until the migration has ended',
    instead: 'fill rows in batches, by a command',
    isBroken: ({ node, isNew }) =>
      ('UpdateStmt' in node && !isNew(nameOf(node.UpdateStmt.relation))) ||
      ('DeleteStmt' in node && !isNew(nameOf(node.DeleteStmt.relation))),
  },
  {
    id: 'unseen-statements',
    kind: 'locks',
    why: 'what a DO block runs is not seen here',
    instead: 'write the statements themselves',
    isBroken: ({ node }) => 'DoStmt' in node,
  },
];

/** What comes after it, outside a transaction, makes the index that it may have been left by an attempt before. */
const isMadeAgain = (statement: Statement): boolean =>
  statement.isOutsideTransaction && Boolean(dropped(statement)?.missing_ok);

function grantedName(each: Node): string | undefined {
  if ('RangeVar' in each) return each.RangeVar.relname;
  return 'ObjectWithArgs' in each ? lastWord(each.ObjectWithArgs.objname) : undefined;
}
