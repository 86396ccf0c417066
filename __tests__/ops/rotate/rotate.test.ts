import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { environmentByName } from '../../../config/environments';
import { raiseRevision } from '../../../ops/src/rotate/raise-revision';
import { loginOf, rotatedSecret, secretLabel } from '../../../ops/src/rotate/rotated-secrets';
import { keyOf, postgresLogin, redisLogin } from '../../../ops/src/rotate/tries';
import { repositoryRoot } from '../../command';

const app = rotatedSecret('postgres.app');

test.each([
  [
    'in one line',
    "  cache: { a: 1 },\n  postgres: { topology: 'bundled', storageGiB: 5 },\n",
    "  cache: { a: 1 },\n  postgres: { passwordRevisions: { app: 2 }, topology: 'bundled', storageGiB: 5 },\n",
  ],
  [
    'in several lines, with objects in it',
    "  postgres: {\n    topology: 'bundled',\n    settings: { work_mem: '8MB' },\n  },\n  queue: {},\n",
    "  postgres: {\n    passwordRevisions: { app: 2 },\n    topology: 'bundled',\n    settings: { work_mem: '8MB' },\n  },\n  queue: {},\n",
  ],
  [
    'with revisions already',
    '  queue: { passwordRevisions: { api: 7 } },\n  postgres: { passwordRevisions: { owner: 3, app: 1 } },\n',
    '  queue: { passwordRevisions: { api: 7 } },\n  postgres: { passwordRevisions: { owner: 3, app: 2 } },\n',
  ],
  [
    'with revisions of others',
    '  postgres: { settings: { app: 9 }, passwordRevisions: { owner: 3 } },\n',
    '  postgres: { settings: { app: 9 }, passwordRevisions: { app: 2, owner: 3 } },\n',
  ],
])('the revision is raised in a file that says it %s', (_how, before, after) => {
  expect(raiseRevision(before, app.setting, 2)).toBe(after);
});

test('a revision that is no object of its own is raised, too', () => {
  const { setting } = rotatedSecret('api.secretKey');
  const raised = raiseRevision('  api: { scale: { secretKeyRevision: 9 } },\n', setting, 2);
  expect(raised).toBe('  api: { secretKeyRevision: 2, scale: { secretKeyRevision: 9 } },\n');
  expect(raiseRevision(raised, setting, 3)).toBe('  api: { secretKeyRevision: 3, scale: { secretKeyRevision: 9 } },\n');
});

test('where it is written otherwise, the line to write is told', () => {
  expect(() => raiseRevision('  postgres,\n', app.setting, 4)).toThrow(
    'postgres: { …, passwordRevisions: { app: 4 } }',
  );
});

test.each(['dev', 'local'])('a file of ours can be raised: %s', (name) => {
  const text = readFileSync(path.join(repositoryRoot, 'config', 'environments', `${name}.ts`), 'utf8');
  const { postgres } = environmentByName(name);
  expect(postgres.topology).toBe('bundled');
  expect(raiseRevision(text, app.setting, 2)).toContain('postgres: { passwordRevisions: { app: 2 }, topology');
});

test('odd and even revisions have the secrets and logins that the platform gives them', () => {
  expect([1, 2, 3].map((revision) => [secretLabel(app, revision), loginOf(app, revision)])).toEqual([
    ['postgres-app', 'stock_app'],
    ['postgres-app-second', 'stock_app_2'],
    ['postgres-app', 'stock_app'],
  ]);
  expect(loginOf(rotatedSecret('queue.api'), 2)).toBe('api-2');
  const plan = readFileSync(path.join(repositoryRoot, 'plans', 'dev', 'data.json'), 'utf8');
  for (const name of ['postgres.owner', 'postgres.backup', 'queue.scheduler', 'cache.worker'])
    for (const revision of [1, 2])
      expect(plan).toContain(`"stock-analysis-${secretLabel(rotatedSecret(name), revision)}"`);
});

test('an unknown secret is an error that lists those there are', () => {
  expect(() => rotatedSecret('postgres.root')).toThrow('allowed: postgres.owner, postgres.app');
});

test.each([
  ['redis', redisLogin, 'right', 'yes\n'],
  ['redis', redisLogin, 'wrong', ''],
  ['postgres', postgresLogin, 'right', 'yes\n'],
  ['postgres', postgresLogin, 'wrong', ''],
  ['api', keyOf, 'right', 'yes\n'],
  ['api', keyOf, 'wrong', ''],
])('a login at %s says whether the password is taken, and leaves no file (%#)', (_server, script, given, said) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-rotate-'));
  // A server that answers a PING whoever asks, as a Redis does whose default user needs no password.
  const programs = {
    'redis-cli': 'read -r auth; case "$auth" in "AUTH a-login right") echo OK;; *) echo WRONGPASS; echo PONG;; esac',
    psql: '[ "$(cat "$PGPASSFILE")" = "*:*:*:*:right" ] && [ "$5" = a-login ] && [ -z "$PGPASSWORD" ] && echo yes',
    // The application, as far as it is told which secret key it has.
    node: '[ "$(cat "$SECRET_KEY_FILE")" = right ] && [ -z "$FORMER_SECRET_KEY_FILE" ] && echo yes',
  };
  for (const [program, text] of Object.entries(programs))
    writeFileSync(path.join(folder, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const PATH = `${folder}${path.delimiter}${process.env.PATH}`;
  const words = ['-c', script.replace('/dev/shm', folder), 'a-login'];
  const { stdout } = spawnSync('sh', words, {
    input: `${given}\n`,
    encoding: 'utf8',
    env: { PATH, FORMER_SECRET_KEY_FILE: '/another' },
  });
  const left = readdirSync(folder).sort();
  rmSync(folder, { recursive: true });
  expect(stdout).toBe(said);
  expect(left).toEqual(['node', 'psql', 'redis-cli']);
});
