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

const madeOf = (keys: Record<string, string>, component = 'queue', revision = 1) => {
  const stack = emptyStack('docker');
  return [new Secret(stack, 'secret', { component, keys, revision })];
};
const acl = { password: '{password}', 'users.acl': 'user default on >{password}\n' };
const environment = 'local';
const path = (...parts: string[]) => join(root, secretsDirectory, environment, ...parts);
const read = (...parts: string[]) => readFileSync(path(...parts), 'utf8');
const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

test('makes a folder a secret and a file a key, and says which', () => {
  expect(writeSecretFiles(root, madeOf(acl))).toEqual([
    join(secretsDirectory, environment, 'queue', 'password'),
    join(secretsDirectory, environment, 'queue', 'users.acl'),
  ]);
});

test('every key is made of one password, which is long and safe in any text', () => {
  writeSecretFiles(root, madeOf(acl));
  const password = read('queue', 'password');
  expect(password).toMatch(/^[\w-]{32}$/);
  expect(read('queue', 'users.acl')).toBe(`user default on >${password}\n`);
});

test('two secrets have two passwords, and two machines as well', () => {
  writeSecretFiles(root, [...madeOf(acl), ...madeOf(acl, 'cache')]);
  const other = mkdtempSync(join(tmpdir(), 'secret-files-'));
  try {
    writeSecretFiles(other, madeOf(acl));
    const passwords = [
      read('queue', 'password'),
      read('cache', 'password'),
      readFileSync(join(other, secretsDirectory, environment, 'queue/password'), 'utf8'),
    ];
    expect(new Set(passwords).size).toBe(3);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('a higher revision makes all keys anew, once, and others stay', () => {
  const both = (revision: number) => [...madeOf(acl, 'queue', revision), ...madeOf(acl, 'cache')];
  const passwords = () => [read('queue', 'password'), read('cache', 'password')];
  writeSecretFiles(root, both(1));
  const [first, other] = passwords();
  expect(writeSecretFiles(root, both(2))).toHaveLength(2);
  const [second] = passwords();
  expect(second).not.toBe(first);
  expect(read('queue', 'users.acl')).toBe(`user default on >${second}\n`);
  expect(writeSecretFiles(root, both(2))).toEqual([]);
  expect(passwords()).toEqual([second, other]);
});

test('what was interrupted while it was made anew is whole after the next time', () => {
  writeSecretFiles(root, madeOf(acl));
  writeSecretFiles(root, madeOf(acl, 'queue', 2));
  rmSync(path('queue', '.revision'));
  rmSync(path('queue', 'users.acl'));
  writeSecretFiles(root, madeOf(acl, 'queue', 2));
  expect(read('queue', 'users.acl')).toContain(read('queue', 'password'));
});

test('nobody else may read a file or list a folder', () => {
  const before = process.umask(0);
  try {
    writeSecretFiles(root, madeOf(acl));
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
  writeSecretFiles(root, madeOf(acl));
  expect(mode(path())).toBe('700');
});

test('secrets at the place of an earlier version are refused with the command that moves them', () => {
  mkdirSync(join(root, secretsDirectory, 'queue'), { recursive: true });
  writeFileSync(join(root, secretsDirectory, 'queue/.password'), 'of a volume');
  expect(() => writeSecretFiles(root, madeOf(acl))).toThrow(
    'mkdir -p .local/secrets/local && mv .local/secrets/queue .local/secrets/local/',
  );
  expect(readdirSync(join(root, secretsDirectory))).toEqual(['queue']);
});

test('what exists is never touched: a volume may have been initialized with it', () => {
  writeSecretFiles(root, madeOf(acl));
  writeFileSync(path('queue', 'password'), 'chosen by hand');
  const before = ['password', 'users.acl', '.password'].map((file) => [
    read('queue', file),
    statSync(path('queue', file)).mtimeMs,
  ]);
  expect(writeSecretFiles(root, madeOf(acl))).toEqual([]);
  expect(
    ['password', 'users.acl', '.password'].map((file) => [read('queue', file), statSync(path('queue', file)).mtimeMs]),
  ).toEqual(before);
});

test('a key that joins later is made of the password of the first', () => {
  writeSecretFiles(root, madeOf({ password: '{password}' }));
  const password = read('queue', 'password');
  expect(writeSecretFiles(root, madeOf(acl))).toEqual([join(secretsDirectory, environment, 'queue', 'users.acl')]);
  expect(read('queue', 'users.acl')).toBe(`user default on >${password}\n`);
});
