import { loadModule, type Node, parseSync } from 'libpg-query';
import { parseMigration } from '../../app/src/database/migration-files';
import { type Rule, rules, type Statement } from './rules';

/** A rule that a migration breaks. */
export interface Finding {
  readonly migration: string;
  readonly rule: string;
  /** The beginning of the statement. */
  readonly statement: string;
  /** Why it is one, and what to do. */
  readonly text: string;
}

const statementLength = 70;

/**
 * Reads migrations as PostgreSQL does, and finds what would lock or break the version that runs meanwhile. A migration allows what it
 * knows to be harmless by a line such as `-- allow drop-index: nothing names it by ON CONFLICT`.
 *
 * @param files names, without extension, and texts
 */
export async function lintMigrations(files: ReadonlyMap<string, string>): Promise<Finding[]> {
  await loadModule();
  return [...files].flatMap(([name, text]) => lint(name, text));
}

function lint(migration: string, text: string): Finding[] {
  const { statements: texts, isOutsideTransaction } = parseMigration(migration, text);
  const isContraction = text.startsWith('-- contract');
  const allowed = allowances(text);
  const used = new Set<string>();
  const found: Finding[] = [];
  const made = new Set<string>();
  for (const each of texts) {
    const bytes = Buffer.from(each);
    for (const { stmt, stmt_location: start = 0, stmt_len: length } of parsed(migration, each)) {
      const statement: Statement = {
        node: stmt,
        isOutsideTransaction,
        isNew: (name) => name !== undefined && made.has(name),
      };
      const words = bytes.subarray(start, length === undefined ? undefined : start + length).toString();
      for (const rule of rules.filter(({ kind }) => kind === 'locks' || !isContraction)) {
        if (!rule.isBroken(statement)) continue;
        if (allowed.has(rule.id)) used.add(rule.id);
        else found.push({ migration, rule: rule.id, statement: shortened(words), text: textOf(rule) });
      }
      for (const name of madeBy(stmt)) made.add(name);
    }
  }
  const idle = [...allowed].filter((id) => !used.has(id));
  return [...found, ...idle.map((id) => unusedAllowance(migration, id))];
}

/** Rules that a migration breaks on purpose, each with a reason. */
const allowances = (text: string): Set<string> =>
  new Set([...text.matchAll(/^-- allow ([a-z-]+(?:, [a-z-]+)*): \S.*$/gm)].flatMap(([, ids = '']) => ids.split(', ')));

const textOf = ({ why, instead }: Rule): string => `${why}; ${instead}`;

const unusedAllowance = (migration: string, id: string): Finding => ({
  migration,
  rule: id,
  statement: `-- allow ${id}`,
  text: 'nothing in the migration breaks a rule of that name; take the line away',
});

function parsed(migration: string, text: string) {
  try {
    return (parseSync(text).stmts ?? []).flatMap(({ stmt, ...rest }) => (stmt ? [{ stmt, ...rest }] : []));
  } catch (error) {
    throw new Error(`migration ${migration} is not SQL of PostgreSQL: ${(error as Error).message}`);
  }
}

/** Names of what a statement makes. */
function madeBy(node: Node): string[] {
  const relation =
    ('CreateStmt' in node && node.CreateStmt.relation?.relname) ||
    ('ViewStmt' in node && node.ViewStmt.view?.relname) ||
    ('CreateSeqStmt' in node && node.CreateSeqStmt.sequence?.relname) ||
    ('IndexStmt' in node && node.IndexStmt.idxname);
  if (relation) return [relation];
  if (!('CreateFunctionStmt' in node) || node.CreateFunctionStmt.replace) return [];
  const last = node.CreateFunctionStmt.funcname?.at(-1);
  return last && 'String' in last && last.String.sval ? [last.String.sval] : [];
}

/** One line, without comments. */
function shortened(words: string): string {
  const line = words.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
  return line.length > statementLength ? `${line.slice(0, statementLength)}…` : line;
}
