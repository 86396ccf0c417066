import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libpqEnvironment } from '../../../ops/src/database/server';

const folder = mkdtempSync(join(tmpdir(), 'libpq-'));
afterAll(() => rmSync(folder, { recursive: true }));

const server = (password: string) => ({
  DATABASE_URL: 'postgresql://stock_backup@db.example.com:5433/stockdb',
  DATABASE_PASSWORD: password,
});

test('a password is in no environment of a program, which others may read, but in a file for its user alone', async () => {
  const environment = await libpqEnvironment(server('a:b\\c d'), folder);
  expect(JSON.stringify(environment)).not.toContain('b\\\\c');
  const file = environment.PGPASSFILE ?? '';
  expect(readFileSync(file, 'utf8')).toBe('*:*:*:*:a\\:b\\\\c d\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a password that the file cannot hold is refused, and not told', async () => {
  await expect(libpqEnvironment(server('one\ntwo'), folder)).rejects.toThrow(/^DATABASE_PASSWORD has a line break/);
});
