import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { appRole, readRole } from '../../src/database/roles';
import { version } from '../../src/runtime/version';

/** What a version of the application says to the database, as its tests make it say it. */
export interface ReleasedStatements {
  version: string;
  statements: Statement[];
}

interface Statement {
  role: string;
  text: string;
}

const file = path.join(__dirname, '..', 'database', 'released-statements.json');
const readsOrWrites = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i;
const temporaryTable = /CREATE TEMP(?:ORARY)? TABLE (?:IF NOT EXISTS )?(\w+)/gi;

/** Runs the tests of the application, and keeps what it said that a migration can make impossible. */
function main(folder: string): void {
  const recorded = path.join(folder, 'said');
  const { status } = spawnSync('npx', ['jest', '--selectProjects', 'app', '--', 'app/test'], {
    env: { ...process.env, RECORD_STATEMENTS: recorded },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('tests failed; what an application that fails says is not kept');
  const released: ReleasedStatements = { version, statements: worthKeeping(readFileSync(recorded, 'utf8')) };
  writeFileSync(file, `${JSON.stringify(released, null, 2)}\n`);
  console.log(`${released.statements.length} statements of ${version}`);
}

/** Of both roles that serve: reads and writes, each once, but of tables that live as long as a transaction. */
function worthKeeping(lines: string): Statement[] {
  const temporary = [...new Set([...lines.matchAll(temporaryTable)].map(([, name]) => name))];
  const kept = [...new Set(lines.trim().split('\n'))]
    .map((line): Statement => JSON.parse(line))
    .filter(({ role, text }) => [appRole, readRole].some((each) => each === role) && readsOrWrites.test(text))
    .filter(({ text }) => !temporary.some((name) => new RegExp(`\\b${name}\\b`).test(text)));
  const key = ({ role, text }: Statement) => `${role} ${text}`;
  return kept.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

const folder = mkdtempSync(path.join(tmpdir(), 'statements-'));
try {
  main(folder);
} finally {
  rmSync(folder, { recursive: true });
}
