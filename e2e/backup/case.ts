import assert from 'node:assert/strict';
import { copiesIn, defectsOf } from './copies';
import type { Postgres } from './postgres';
import { type Outcome, Run, stockops, type Variables } from './stockops';

/** What a case works on: a store of its own with two copies that were verified. */
export interface Setting {
  postgres: Postgres;
  /** Of the case alone. */
  folder: string;
  store: string;
  variables: Variables;
  /** The same numbers from 0 to 1 for the same seed. */
  random(): number;
}

/** Why a case could not be run here. */
export class NotRun extends Error {}

/** One thing that is done to stockops, and what has to come of it. */
export interface Case {
  name: string;
  /** Does it. @returns what was seen, for the table. @throws AssertionError, NotRun */
  run(setting: Setting): Promise<string>;
  /** Whether it changes copies that were there on purpose. @default false */
  damages?: boolean;
}

export const run = ({ variables }: Setting, words: readonly string[], changes: Variables = {}): Promise<Outcome> =>
  stockops(words, { ...variables, ...changes });

export const start = ({ variables }: Setting, words: readonly string[], changes: Variables = {}): Run =>
  new Run(words, { ...variables, ...changes });

/** Makes a copy. @returns its name. @throws AssertionError unless it is whole and verified */
export async function create(
  setting: Setting,
  changes: Variables = {},
  words: readonly string[] = [],
): Promise<string> {
  const store = changes.BACKUP_STORE ?? setting.store;
  const { exitCode, stdout, stderr } = await run(setting, ['backup', 'create', '--json', ...words], changes);
  assert.equal(exitCode, 0, stderr + stdout);
  const { id, verification } = JSON.parse(stdout);
  assert.equal(verification.state, 'verified');
  assert.deepEqual(defectsOf(store, id), []);
  assert.ok(copiesIn(store).includes(id));
  return id;
}

/** Does what has to fail, as a person and with --json. @returns the exit code and the message */
export async function refused(
  setting: Setting,
  words: readonly string[],
  exitCode: number,
  message: RegExp,
  changes: Variables = {},
): Promise<string> {
  const plain = await run(setting, words, changes);
  assert.equal(plain.exitCode, exitCode, `${plain.stderr}${plain.stdout}`);
  assert.match(plain.stderr, message);
  assert.doesNotMatch(plain.stderr, /\n\s+at .*:\d+/, 'a stack is told');
  const json = await run(setting, [...words, '--json'], changes);
  const answer = JSON.parse(json.stdout);
  assert.deepEqual([json.exitCode, answer.schemaVersion, answer.ok], [exitCode, 1, false]);
  if (answer.error !== undefined) assert.match(answer.error, message);
  return `${exitCode}: ${plain.stderr.trim().split('\n').at(-1)}`;
}
