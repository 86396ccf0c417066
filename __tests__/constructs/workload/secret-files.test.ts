import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../constructs/workload/secret';
import { secretsDirectory, writeSecretFiles } from '../../../constructs/workload/secret-files';
import { emptyStack } from '../../product';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'secret-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const secretsOf = (keys: Record<string, string>, component = 'queue') => {
  const stack = emptyStack('docker');
  return [new Secret(stack, 'secret', { component, keys })];
};
const acl = { password: '{password}', 'users.acl': 'user default on >{password}\n' };
const path = (...parts: string[]) => join(root, secretsDirectory, ...parts);
const read = (...parts: string[]) => readFileSync(path(...parts), 'utf8');
const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

test('makes a folder a secret and a file a key, and says which', () => {
  expect(writeSecretFiles(root, secretsOf(acl))).toEqual([
    join(secretsDirectory, 'queue', 'password'),
    join(secretsDirectory, 'queue', 'users.acl'),
  ]);
});

test('every key is made of one password, which is long and safe in any text', () => {
  writeSecretFiles(root, secretsOf(acl));
  const password = read('queue', 'password');
  expect(password).toMatch(/^[\w-]{32}$/);
  expect(read('queue', 'users.acl')).toBe(`user default on >${password}\n`);
});

test('two secrets have two passwords, and two machines as well', () => {
  writeSecretFiles(root, [...secretsOf(acl), ...secretsOf(acl, 'cache')]);
  const other = mkdtempSync(join(tmpdir(), 'secret-files-'));
  try {
    writeSecretFiles(other, secretsOf(acl));
    const passwords = [
      read('queue', 'password'),
      read('cache', 'password'),
      readFileSync(join(other, secretsDirectory, 'queue/password'), 'utf8'),
    ];
    expect(new Set(passwords).size).toBe(3);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('nobody else may read a file or list a folder', () => {
  const before = process.umask(0);
  try {
    writeSecretFiles(root, secretsOf(acl));
  } finally {
    process.umask(before);
  }
  const files = readdirSync(path('queue'));
  expect(files.sort()).toEqual(['.password', 'password', 'users.acl']);
  expect(files.map((file) => mode(path('queue', file)))).toEqual(['600', '600', '600']);
  expect([mode(path()), mode(path('queue'))]).toEqual(['700', '700']);
});

test('a folder that others could open is closed', () => {
  mkdirSync(path(), { recursive: true });
  chmodSync(path(), 0o755);
  writeSecretFiles(root, secretsOf(acl));
  expect(mode(path())).toBe('700');
});

test('what exists is never touched: a volume may have been initialized with it', () => {
  writeSecretFiles(root, secretsOf(acl));
  writeFileSync(path('queue', 'password'), 'chosen by hand');
  const before = ['password', 'users.acl', '.password'].map((file) => [
    read('queue', file),
    statSync(path('queue', file)).mtimeMs,
  ]);
  expect(writeSecretFiles(root, secretsOf(acl))).toEqual([]);
  expect(
    ['password', 'users.acl', '.password'].map((file) => [read('queue', file), statSync(path('queue', file)).mtimeMs]),
  ).toEqual(before);
});

test('a key that joins later is made of the password of the first', () => {
  writeSecretFiles(root, secretsOf({ password: '{password}' }));
  const password = read('queue', 'password');
  expect(writeSecretFiles(root, secretsOf(acl))).toEqual([join(secretsDirectory, 'queue', 'users.acl')]);
  expect(read('queue', 'users.acl')).toBe(`user default on >${password}\n`);
});
